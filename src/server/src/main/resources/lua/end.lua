-- Ends tasks: scheduled, waiting or running -> succeeded, failed, timeout or cancelled.
-- For an online task this is the decision; for an offline task MariaDB has decided and this carries it out.
-- KEYS 1 queue   2 epoch
-- ARGV per task: id, level, final state, result or '', attempt that the result is of or '',
--      how long an online task can still be read (s; 0 for an offline task, which leaves Redis at once),
--      'owed' when this end calls back if the task owes it, 'dead' when an online task is given up besides, or '',
--      why in words or '', 'waiting' when only a waiting task may end or '', the state before, for an offline task whose
--      end was decided just now and may not be here, or ''
-- Returns per task a list: 1 ended, 0 unknown, -1 ended before, -2 the task went on to a newer attempt, -3 it runs and only
--      a waiting one may end, 2 ended before with the same result; then, when 1: attempt, acceptance order, start of the
--      attempt (ms) or '', instance that holds the caller, now (ms), specification when a callback must follow, 'dead' when
--      all of the task and the callback that it may owe must go to MariaDB, or ''
--#include shared/queue.lua
--#include shared/ready.lua
--#include shared/running.lua
local GIVEN = 10
local LEFT_SECONDS = 30
local now = millis()

-- What has ended leaves these together.
local leased, expiry, held = {}, {}, {}

-- Keeps in mind that an offline task has left; returns whether that is new.
local function leave(id, how)
  return redis.call('SET', prefix .. 'left:' .. id, how, 'EX', LEFT_SECONDS, 'NX') and true or false
end

local function end_task(i)
  local id, level, outcome, result, of_attempt = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local retention, before = ARGV[i + 5], ARGV[i + 9]
  local key = task_key(id)
  local task = redis.call('HMGET', key, 'state', 'attempt', 'accepted', 'started', 'instance', 'expires', 'owes', 'group',
    'worker')
  local state = task[1]
  if not state then
    if retention == '0' then
      state_event(id, outcome, 0)
      if before ~= '' and leave(id, 'unheld') then
        -- It waited in MariaDB only, so only the counts know of it here.
        count(level, before, -1)
        count(level, outcome, 1)
        count(level, 'completed', 1)
      end
    end
    return { 0 }
  end
  if final[state] then
    if redis.call('HGET', key, 'result') == result and state == outcome then return { 2 } end
    return { -1 }
  end
  if of_attempt ~= '' and tonumber(of_attempt) < tonumber(task[2]) then return { -2 } end
  if ARGV[i + 8] == 'waiting' and state == 'running' then return { -3 } end
  local owed = ''
  -- A result that comes after the task's life is too late, even when nobody has ended the task yet.
  if retention ~= '0' and outcome ~= 'timeout' and outcome ~= 'cancelled' and tonumber(task[6]) <= now then return { -1 } end

  local group = task[8] or ''
  if state == 'running' then
    leave_running(id, level, group)
    append(leased, id)
  else
    redis.call('ZREM', prefix .. 'scheduled', id)
    unready(id, level, group)
  end
  count(level, state, -1)
  count(level, outcome, 1)
  count(level, 'completed', 1)
  if retention == '0' then
    redis.call('DEL', key)
    -- Whoever decided it may be about to say so: then it is counted already.
    leave(id, 'held')
  else
    append(expiry, id)
    if task[5] ~= '' then append(list_of(held, task[5]), id) end
    redis.call('HSET', key, 'state', outcome, 'result', result, 'ended', whole(now), 'error', ARGV[i + 7])
    redis.call('HDEL', key, 'deadline', 'due')
    if ARGV[i + 6] == 'dead' then
      -- It expires when it is in MariaDB. The attempt is part of the entry, for a task may die, be replayed and die again.
      redis.call('SADD', prefix .. 'dead', id .. ':' .. task[2])
      owed = 'dead'
    elseif ARGV[i + 6] == 'owed' and task[7] == 'owes' then
      -- It expires when its callback is in MariaDB, however long that takes.
      redis.call('SADD', prefix .. 'owed', id)
      owed = redis.call('HGET', key, 'spec')
    else
      redis.call('EXPIRE', key, retention)
    end
  end
  state_event(id, outcome, task[2])
  if state == 'running' and (outcome == 'cancelled' or outcome == 'timeout') and task[9] and task[9] ~= '' then
    redis.call('PUBLISH', 'carillon:stop', cjson.encode({ task[9], id }))
  end
  return { 1, tonumber(task[2]), task[3], task[4] or '', task[5], whole(now), owed }
end

local answers = {}
defer()
for i = 1, #ARGV, GIVEN do answers[#answers + 1] = end_task(i) end
for_all('ZREM', prefix .. 'leased', leased)
for_all('ZREM', prefix .. 'expiry', expiry)
for instance, ids in pairs(held) do for_all('SREM', prefix .. 'held:' .. instance, ids) end
write_deferred()
return answers
