-- Renews leases of a worker, each for as long as it was given first.
-- KEYS 1 queue   2 epoch
-- ARGV 1 worker   then pairs: task id, attempt
-- Returns per pair: 1 renewed, 0 lost, 2 the worker shall stop (cancelled, or over its time), 3 not in Redis; and the
--      deadline (ms) or 0.
--#include shared/queue.lua
--#include shared/ready.lua
--#include shared/running.lua
local now = millis()
local answers = {}

local function renew(id, attempt)
  local key = task_key(id)
  local task = read_running(id)
  if not task.state then return 3, '0' end
  if task.state == 'cancelled' or task.state == 'timeout' then return 2, '0' end
  local known = tonumber(task.attempt)
  if task.floor and not final[task.state] and attempt >= known and attempt < tonumber(task.floor)
    and (attempt > known or task.state == 'waiting') then
    -- Redis lost its memory while the worker went on: it has the task still, for nobody else was given it since.
    if task.state ~= 'waiting' and task.state ~= 'running' then return 0, '0' end
    local level = redis.call('HGET', key, 'level')
    if setting('sequential') and not redis.call('SET', prefix .. 'sequential:' .. level, id, 'NX')
      and redis.call('GET', prefix .. 'sequential:' .. level) ~= id then
      return 0, '0'
    end
    if task.state == 'waiting' then
      unready(id, level, task.group or '')
      count(level, 'waiting', -1)
      count(level, 'running', 1)
      if task.group then redis.call('HINCRBY', prefix .. 'running', task.group, 1) end
    end
    redis.call('HSET', key, 'state', 'running', 'attempt', attempt, 'worker', ARGV[1], 'started',
      task.started or whole(now))
    state_event(id, 'running', attempt)
    task.started = task.started or whole(now)
  elseif task.state ~= 'running' or attempt ~= known or task.worker and task.worker ~= '' and task.worker ~= ARGV[1] then
    return 0, '0'
  end
  local lease = tonumber(task.lease or setting('lease') or 600000)
  local ends = now + lease
  if task.attempt_timeout then
    ends = math.min(ends, tonumber(task.started) + tonumber(task.attempt_timeout))
    if ends <= now then return 2, '0' end
  end
  redis.call('HSET', key, 'deadline', whole(ends))
  redis.call('ZADD', prefix .. 'leased', whole(ends), id)
  return 1, whole(ends)
end

for i = 2, #ARGV, 2 do
  local code, deadline = renew(ARGV[i], tonumber(ARGV[i + 1]))
  answers[#answers + 1] = code
  answers[#answers + 1] = deadline
end
return answers
