-- Tasks that wait. Those without a group lie in `ready:<level>`; as soon as a group is in use at a level, all its groups,
-- the nameless one too, stand in a ring and take turns.
local function ready_key(level, group)
  return prefix .. 'ready:' .. level .. (group == '' and '' or ':' .. group)
end

-- The newest acceptance order of a task that has waited for so many ms. When any age will do that is no question of time: after
-- the clock was set back, new tasks stand behind those from before, and so ahead of it.
local function newest_of_age(age)
  return age > 0 and whole(micros() - age * 1000) or '+inf'
end

-- Whether a level has a ring, once it was looked up.
local ringed = {}

local function has_ring(level)
  if ringed[level] == nil then ringed[level] = redis.call('EXISTS', prefix .. 'groups:' .. level) == 1 end
  return ringed[level]
end

local function join_ring(level, group)
  ringed[level] = nil
  if redis.call('SISMEMBER', prefix .. 'blocked:' .. level, group) == 1 then return end
  local ring, turn = prefix .. 'groups:' .. level, redis.call('GET', prefix .. 'turn:' .. level) or 0
  redis.call('ZADD', ring, 'NX', turn, group)
  -- While nobody stood in the ring, tasks without a group did not have to either.
  if group ~= '' and redis.call('EXISTS', prefix .. 'ready:' .. level) == 1 then redis.call('ZADD', ring, 'NX', turn, '') end
end

local function window_count(level, tasks, bytes)
  increase('window', level, tasks)
  if bytes ~= 0 then increase('window', level .. ':bytes', bytes) end
end

-- Makes a task one that can be taken, in the place that its acceptance order gives it.
local function make_ready(id, level, group, accepted)
  redis.call('ZADD', ready_key(level, group), accepted, id)
  if group ~= '' or has_ring(level) then join_ring(level, group) end
  if level ~= '0' then window_count(level, 1, redis.call('HSTRLEN', task_key(id), 'data')) end
end

-- The same for tasks of a group that are given as acceptance orders and ids; `bytes` is the length of all their data.
local function make_all_ready(level, group, scored, bytes)
  add_all(ready_key(level, group), scored)
  if group ~= '' or has_ring(level) then join_ring(level, group) end
  if level ~= '0' then window_count(level, #scored / 2, bytes) end
end

-- After tasks of a group were taken out: an empty group stands in no ring.
local function leave_ring(level, group)
  if redis.call('EXISTS', ready_key(level, group)) == 0 then
    redis.call('ZREM', prefix .. 'groups:' .. level, group)
    redis.call('SREM', prefix .. 'blocked:' .. level, group)
    ringed[level] = nil
  end
end

-- Takes a task out of those that can be taken. Returns whether it was one.
local function unready(id, level, group)
  if redis.call('ZREM', ready_key(level, group), id) == 0 then return false end
  leave_ring(level, group)
  if level ~= '0' then window_count(level, -1, -redis.call('HSTRLEN', task_key(id), 'data')) end
  return true
end

-- Moves what is due from `scheduled` to where it can be taken, at most `most`.
local function promote(most)
  local due = redis.call('ZRANGEBYSCORE', prefix .. 'scheduled', '-inf', whole(millis()), 'LIMIT', 0, most)
  local levels = {}
  for _, id in ipairs(due) do
    redis.call('ZREM', prefix .. 'scheduled', id)
    local key = task_key(id)
    local task = redis.call('HMGET', key, 'state', 'level', 'group', 'accepted', 'attempt')
    if task[1] == 'scheduled' then
      redis.call('HSET', key, 'state', 'waiting')
      redis.call('HDEL', key, 'due')
      make_ready(id, task[2], task[3] or '', task[4])
      count(task[2], 'scheduled', -1)
      count(task[2], 'waiting', 1)
      levels[task[2]] = (levels[task[2]] or 0) + 1
      state_event(id, 'waiting', task[5])
    end
  end
  for level, n in pairs(levels) do wake(level, n) end
end
