-- Gives waiting tasks to a worker: waiting -> running, with a new attempt and a lease.
-- KEYS 1 queue   2 epoch
-- ARGV 1 how many at most   2 least age in ms   3 lease in ms, or '' for the queue's   4 lease in ms if the queue has none
--      5 worker, or ''   6 lost leases allowed from now on, or '' for what the task or queue has   7 'sequential' or ''
--      8 'wait' when the caller parks itself if there is nothing, or ''
--      9 how many bytes of data at most, unless one task has more
--      then pairs: level, how many of it at most
-- Returns per task: id, level, attempt, acceptance order, expires (ms), now (ms), deadline (ms),
--      specification, data, instance, lost leases so far, failures so far.
--#include shared/queue.lua
--#include shared/ready.lua
--#include shared/limits.lua
local FIRST = 10
-- What an offline task has at most whose data is not here and of which nobody said how much it has.
local SMALL = 16384
promote(100)
local left = tonumber(ARGV[1])
local newest = newest_of_age(tonumber(ARGV[2]))
local now = millis()
local lease = tonumber(ARGV[3] ~= '' and ARGV[3] or settings[9] or ARGV[4])
local sequential = ARGV[7] == 'sequential' or settings[5]
local given, bytes_left, full = {}, tonumber(ARGV[9]), false
defer()

-- What runs from now on, as deadlines and ids; written before it is looked at again.
local leased = {}

local function write_leased()
  add_all(prefix .. 'leased', leased)
  leased = {}
end

local function started(key, most, period)
  redis.call('LPUSH', key, whole(start))
  redis.call('LTRIM', key, 0, tonumber(most) - 1)
  redis.call('PEXPIRE', key, period)
end

-- Gives out a task. Returns whether it may run, and the length of its data here. Sets `full` instead when its data is too much
-- for this call.
local function claim(id, level, group)
  local key = task_key(id)
  local task = redis.call('HMGET', key, 'expires', 'accepted', 'spec', 'data', 'instance', 'attempt', 'floor',
    'attempt_timeout', 'lost', 'failures', 'size')
  local bytes = #(task[4] or '')
  -- Expired: no longer for workers. Whoever looks after expiry ends it and tells the producer.
  if not task[1] or tonumber(task[1]) <= now then return false, bytes end
  local size = bytes > 0 and bytes or tonumber(task[11] or SMALL)
  full = size > bytes_left and #given > 0
  if full then return false, bytes end
  bytes_left = bytes_left - size
  -- After a loss of Redis, numbers that may have been given out unnoticed are left out.
  local attempt = math.max(tonumber(task[6]) + 1, tonumber(task[7] or 0))
  local ends = now + math.min(lease, tonumber(task[8] or lease))
  local deadline = whole(ends)
  local changes = { 'state', 'running', 'attempt', attempt, 'deadline', deadline, 'worker', ARGV[5], 'started', whole(now),
    'lease', whole(lease) }
  -- An offline task's data stays in MariaDB, so a redelivery needs none here.
  if level ~= '0' and bytes > 0 then append(changes, 'data', '') end
  if ARGV[6] ~= '' then append(changes, 'max_lost', ARGV[6]) end
  redis.call('HSET', key, unpack(changes))
  append(leased, deadline, id)
  if group ~= '' then
    redis.call('HINCRBY', prefix .. 'running', group, 1)
    if settings[7] then started(prefix .. 'rate:' .. group, settings[7], settings[8]) end
  end
  if settings[3] then started(prefix .. 'rate', settings[3], settings[4]) end
  state_event(id, 'running', attempt)
  local row = { id, level, attempt, task[2], task[1], whole(now), deadline, task[3], task[4], task[5],
    task[9] or '0', task[10] or '0' }
  for _, value in ipairs(row) do
    given[#given + 1] = value
  end
  if sequential then redis.call('SET', prefix .. 'sequential:' .. level, id) end
  return true, bytes
end

-- From one group, oldest first. Expired tasks are passed over; not so many that the script would hold up everybody.
local function claim_from(level, group, want)
  local taken, looked = 0, 0
  while taken < want and looked < want + 100 and not full do
    local ids = redis.call('ZRANGEBYSCORE', ready_key(level, group), '-inf', newest, 'LIMIT', 0, want - taken)
    if #ids == 0 then break end
    local gone, bytes = 0, 0
    for _, id in ipairs(ids) do
      local runs, of_task = claim(id, level, group)
      if full then break end
      if runs then taken = taken + 1 end
      gone, bytes = gone + 1, bytes + of_task
    end
    looked = looked + gone
    if gone > 0 then redis.call('ZREM', ready_key(level, group), unpack(ids, 1, gone)) end
    if level ~= '0' then window_count(level, -gone, -bytes) end
    leave_ring(level, group)
  end
  return taken
end

-- Whether a group may start one more task. One at its limit of running tasks leaves the ring until one of them ends, one
-- that was stopped until it goes on.
local function may_start(level, group)
  if group == '' then return true end
  if redis.call('SISMEMBER', prefix .. 'stopped', group) == 1
    or settings[6] and tonumber(redis.call('HGET', prefix .. 'running', group) or 0) >= tonumber(settings[6]) then
    redis.call('ZREM', prefix .. 'groups:' .. level, group)
    redis.call('SADD', prefix .. 'blocked:' .. level, group)
    return false
  end
  return not settings[7] or allowed(prefix .. 'rate:' .. group, settings[7], settings[8], 1) > 0
end

local function claim_in_turn(level, want)
  local ring = prefix .. 'groups:' .. level
  local taken, idle = 0, 0
  local most_idle = math.min(redis.call('ZCARD', ring), 100)
  while taken < want and idle < most_idle do
    local group = redis.call('ZRANGE', ring, 0, 0)[1]
    if not group then break end
    local got = 0
    if may_start(level, group) then got = claim_from(level, group, 1) end
    -- Its turn is next, in another call.
    if full then break end
    if got == 0 then idle = idle + 1 else idle = 0 end
    taken = taken + got
    -- To the end of the line, with or without a task.
    redis.call('ZADD', ring, 'XX', redis.call('INCR', prefix .. 'turn:' .. level), group)
  end
  return taken
end

local function half_empty(level)
  write_deferred()
  local held = redis.call('HMGET', prefix .. 'window', level, level .. ':limit', level .. ':bytes', level .. ':room')
  return tonumber(held[1] or 0) * 2 < tonumber(held[2] or 0) and tonumber(held[3] or 0) * 2 < tonumber(held[4] or 0)
end

if not settings[1] then
  for i = FIRST, #ARGV, 2 do
    local level = ARGV[i]
    write_leased()
    local want = full and 0 or may_take(level, math.min(left, tonumber(ARGV[i + 1])), sequential)
    local taken = 0
    if want > 0 then
      taken = has_ring(level) and claim_in_turn(level, want)
        or claim_from(level, '', want)
    end
    left = left - taken
    if taken > 0 then
      count(level, 'waiting', -taken)
      count(level, 'running', taken)
      count(level, 'taken', taken)
    end
    if want > 0 and redis.call('EXISTS', prefix .. 'overflow:' .. level) == 1 and (taken < want and not full or half_empty(level)) then
      redis.call('PUBLISH', 'carillon:refill', queue .. ':' .. level)
    end
  end
end
write_leased()
write_deferred()
if #given == 0 and ARGV[8] == 'wait' then
  for i = FIRST, #ARGV, 2 do redis.call('SET', prefix .. 'wanted:' .. ARGV[i], 1, 'EX', 5) end
end
return given
