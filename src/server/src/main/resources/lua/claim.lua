-- Gives waiting tasks to a worker: waiting -> running, with a new attempt and a lease.
-- KEYS 1 queue
-- ARGV 1 how many at most   2 least age in ms   3 lease in ms   4 worker, or ''
--      5 lost leases allowed from now on, or '' for what the task has   6 'sequential' or ''
--      7 'wait' when the caller parks itself if there is nothing, or ''
--      then pairs: level, how many of it at most
-- Returns per task: id, level, attempt, acceptance order, expires (ms), now (ms), deadline (ms),
--      specification, data, instance.
--#include shared/queue.lua
local left, oldest = tonumber(ARGV[1]), whole(micros() - ARGV[2] * 1000)
local now = millis()
local given = {}

local function claim(id, level)
  local key = task_key(id)
  local task = redis.call('HMGET', key, 'expires', 'accepted', 'spec', 'data', 'instance')
  redis.call('ZREM', prefix .. 'ready:' .. level, id)
  -- Expired: no longer for workers. Whoever looks after expiry ends it and tells the producer.
  if not task[1] or tonumber(task[1]) <= now then return false end
  local attempt = redis.call('HINCRBY', key, 'attempt', 1)
  local deadline = whole(now + ARGV[3])
  redis.call('HSET', key, 'state', 'running', 'deadline', deadline, 'worker', ARGV[4], 'started', whole(now))
  if ARGV[5] ~= '' then redis.call('HSET', key, 'max_lost', ARGV[5]) end
  redis.call('ZADD', prefix .. 'leased', deadline, id)
  state_event(id, 'running', attempt)
  local row = { id, level, attempt, task[2], task[1], whole(now), deadline, task[3], task[4], task[5] }
  for _, value in ipairs(row) do
    given[#given + 1] = value
  end
  return true
end

for i = 8, #ARGV, 2 do
  local level, want = ARGV[i], math.min(left, tonumber(ARGV[i + 1]))
  local lock = prefix .. 'sequential:' .. level
  if ARGV[6] == 'sequential' then
    want = redis.call('EXISTS', lock) == 1 and 0 or math.min(want, 1)
  end
  local taken, looked = 0, 0
  -- Expired tasks are passed over; not so many that the script would hold up everybody.
  while taken < want and looked < want + 100 do
    local ids = redis.call('ZRANGEBYSCORE', prefix .. 'ready:' .. level, '-inf', oldest, 'LIMIT', 0, want - taken)
    if #ids == 0 then break end
    looked = looked + #ids
    for _, id in ipairs(ids) do
      if claim(id, level) then
        taken = taken + 1
        if ARGV[6] == 'sequential' then redis.call('SET', lock, id) end
      end
    end
  end
  left = left - taken
  if taken > 0 then
    count(level, 'waiting', -taken)
    count(level, 'running', taken)
    count(level, 'taken', taken)
  end
end
if #given == 0 and ARGV[7] == 'wait' then
  for i = 8, #ARGV, 2 do redis.call('SET', prefix .. 'wanted:' .. ARGV[i], 1, 'EX', 5) end
end
return given
