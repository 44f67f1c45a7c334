-- Tasks that run, and what happens to them when an attempt ends without ending its task. Needs shared/ready.lua.

-- Whether the queue limits what runs, once it was looked up.
local limited

local function is_limited()
  if limited == nil then
    local limits = redis.call('HMGET', prefix .. 'settings', 'concurrency', 'group_concurrency', 'sequential')
    limited = (limits[1] or limits[2] or limits[3]) and true or false
  end
  return limited
end

-- Writes down that a task no longer runs, whatever comes next. Its lease is for the caller to take away.
local function leave_running(id, level, group)
  release_sequential(id, level)
  if group ~= '' then
    if redis.call('HINCRBY', prefix .. 'running', group, -1) <= 0 then
      redis.call('HDEL', prefix .. 'running', group)
    end
    if setting('group_concurrency') then
      for other = 0, 9 do
        if redis.call('SREM', prefix .. 'blocked:' .. other, group) == 1 then join_ring(other, group) end
      end
    end
  end
  if is_limited() then
    -- What waits behind the limit may be of any level.
    for other = 0, 9 do wake(other, 1) end
  end
end

-- Keeps for the log how an attempt ended: an online task has it with itself, an offline one until it is in MariaDB.
local function record_attempt(id, level, attempt, worker, started, outcome, why)
  if redis.call('HGET', task_key(id), 'recorded') == attempt then return end
  redis.call('HSET', task_key(id), 'recorded', attempt)
  local entry = '{"attempt":' .. attempt .. ',"worker":' .. cjson.encode(worker or '') .. ',"started":' .. (started or 0)
    .. ',"ended":' .. whole(millis()) .. ',"outcome":"' .. outcome .. '","error":' .. cjson.encode(why or '') .. '}'
  if level == '0' then
    local past = redis.call('HGET', task_key(id), 'past') or ''
    if #past < 16384 then redis.call('HSET', task_key(id), 'past', past .. entry .. '\n') end
  else
    redis.call('HSET', prefix .. 'unwritten', id .. ':' .. attempt, entry)
  end
end

-- running -> waiting, in the old place; or -> scheduled, when it shall wait `delay` ms first. Returns the due time or 0.
local function again(id, level, group, accepted, attempt, delay)
  local key = task_key(id)
  leave_running(id, level, group)
  redis.call('ZREM', prefix .. 'leased', id)
  redis.call('HDEL', key, 'deadline')
  count(level, 'running', -1)
  if delay > 0 then
    local due = whole(millis() + delay)
    redis.call('HSET', key, 'state', 'scheduled', 'due', due)
    redis.call('ZADD', prefix .. 'scheduled', due, id)
    count(level, 'scheduled', 1)
    state_event(id, 'scheduled', attempt)
    return due
  end
  redis.call('HSET', key, 'state', 'waiting')
  make_ready(id, level, group, accepted)
  count(level, 'waiting', 1)
  state_event(id, 'waiting', attempt)
  wake(level, 1)
  return '0'
end

-- How long to wait after so many failures, in ms. `own` is the task's `type:delay:max:jitter`, if it has one.
local function backoff(own, failures, random)
  local kind, delay, max, jitter
  if own and own ~= '' then
    kind, delay, max, jitter = string.match(own, '(%a+):(%d+):(%d+):([%d.]+)')
  else
    local of = redis.call('HMGET', prefix .. 'settings', 'backoff_type', 'backoff_delay', 'backoff_max', 'backoff_jitter')
    kind, delay, max, jitter = of[1] or 'exponential', of[2] or 1000, of[3] or 600000, of[4] or 0.1
  end
  local wait = tonumber(delay)
  if kind == 'exponential' then wait = wait * 2 ^ math.min(failures - 1, 40) end
  wait = math.min(wait, tonumber(max))
  return math.floor(wait * (1 - tonumber(jitter) * tonumber(random)))
end

-- An attempt failed: again after its backoff (or after `delay`, if that is not ''), while the task may fail once more.
-- Returns whether it goes on, the failures so far, and the due time or 0.
local function fail_attempt(id, level, task, outcome, why, delay, random)
  local failures = tonumber(task.failures or 0) + 1
  local most = tonumber(task.max_attempts or setting('max_attempts') or 3)
  redis.call('HSET', task_key(id), 'failures', failures, 'error', why)
  record_attempt(id, level, task.attempt, task.worker, task.started, outcome, why)
  if most >= 0 and failures >= most then return false, failures, '0' end
  local wait = delay ~= '' and tonumber(delay) or backoff(task.backoff, failures, random)
  return true, failures, again(id, level, task.group or '', task.accepted, task.attempt, wait)
end

local function read_running(id)
  local fields = { 'state', 'attempt', 'accepted', 'group', 'worker', 'started', 'failures', 'max_attempts', 'backoff',
    'deadline', 'lost', 'max_lost', 'attempt_timeout', 'lease', 'floor' }
  local values, task = redis.call('HMGET', task_key(id), unpack(fields)), {}
  for i, name in ipairs(fields) do task[name] = values[i] or nil end
  return task
end
