-- Adds offline tasks, already committed to MariaDB, to the window: nothing -> waiting or scheduled. A task that is there
-- stays as it is, one that left a moment ago stays away. One that finds no room, or older ones of whose group wait in MariaDB,
-- waits there too.
-- KEYS 1 queue   2 epoch
-- ARGV 1 'new', 'again' for tasks that were counted when they were put, 'due' for those of them that were scheduled in
--        MariaDB only until now, 'replayed:<state>' for those that had ended so and begin anew, or 'refill' for those that
--        are wanted in any case
--      2 how many tasks of a level the window has room for   3 how many bytes of data   4 how many bytes Redis may use
--      then per task: id, level, acceptance order, expires (ms), attempt, group or '', due (ms) or '', specification,
--      data ('' when it stays in MariaDB), number of fields that only some tasks have, and those: name, value
-- Returns how many are in Redis now and were not before.
--#include shared/queue.lua
--#include shared/ready.lua
--#include shared/room.lua
--#include shared/unnoticed.lua
local SOON = 300000
local mode = ARGV[1]
local most, most_bytes = room_now(tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]))
local now, added, woken = millis(), 0, {}
local before = string.match(mode, '^replayed:(%a+)$')
-- What a group may have in Redis although others have filled it: one tenant's backlog must not keep out another's first.
local share = math.max(1, math.min(50, most / 10))

-- How much of a level waits here, with what this call adds.
local windows = {}
local function window_of(level)
  if not windows[level] then
    local held = redis.call('HMGET', prefix .. 'window', level, level .. ':bytes')
    windows[level] = { tasks = tonumber(held[1] or 0), bytes = tonumber(held[2] or 0) }
  end
  return windows[level]
end

-- Of a group: the newest task that can be taken, with those that this call adds; and the oldest and newest of those that
-- wait in MariaDB only, each in acceptance order, or nil. Then what this call adds, and whether it left out some.
local groups = {}
local function group_of(level, group)
  local name = level .. ':' .. group
  if not groups[name] then
    local oldest, newest = string.match(redis.call('HGET', prefix .. 'overflow:' .. level, group) or '', '^(%d+):(%d+)$')
    groups[name] = { level = level, group = group, oldest = tonumber(oldest), newest = tonumber(newest),
      ready = tonumber(redis.call('ZREVRANGE', ready_key(level, group), 0, 0, 'WITHSCORES')[2]),
      scored = {}, bytes = 0, left_out = false }
  end
  return groups[name]
end

local function room(level, group, accepted, bytes)
  if mode == 'refill' then return true end
  local window, known = window_of(level), group_of(level, group)
  if window.tasks >= 2 * most then return false end
  if known.ready and accepted < known.ready then return not known.oldest or accepted < known.oldest end
  if known.oldest then return false end
  if window.tasks < most and window.bytes + bytes <= most_bytes then return true end
  local of_group = redis.call('ZCARD', ready_key(level, group)) + #known.scored / 2
  return of_group < share and (group ~= '' or of_group < window.tasks)
end

local function add(id, level, group, accepted, bytes)
  local window, known = window_of(level), group_of(level, group)
  append(known.scored, accepted, id)
  known.bytes = known.bytes + bytes
  window.tasks, window.bytes = window.tasks + 1, window.bytes + bytes
  known.ready = math.max(known.ready or 0, tonumber(accepted))
end

-- Whether a task has ended since its row was read or written; for as long as that may take.
local function has_left(id, level, due)
  if before then return false end
  local left = redis.call('GET', prefix .. 'left:' .. id)
  if left == 'unheld' and mode == 'new' then
    -- It ended before anybody said here that it was put.
    count(level, 'put', 1)
    count(level, due ~= '' and 'scheduled' or 'waiting', 1)
    redis.call('SET', prefix .. 'left:' .. id, 'held', 'KEEPTTL')
  end
  return left
end

local function overflow(level, group, accepted)
  local known = group_of(level, group)
  known.oldest = math.min(known.oldest or accepted, accepted)
  known.newest = math.max(known.newest or accepted, accepted)
  known.left_out = true
end

local function write_groups()
  for _, known in pairs(groups) do
    if #known.scored > 0 then make_all_ready(known.level, known.group, known.scored, known.bytes) end
    if known.left_out then
      redis.call('HSET', prefix .. 'overflow:' .. known.level, known.group, whole(known.oldest) .. ':' .. whole(known.newest))
      redis.call('HSET', prefix .. 'window', known.level .. ':limit', most, known.level .. ':room', most_bytes)
    end
  end
end

defer()
local i = 5
while i <= #ARGV do
  local id, level, accepted, group, due, data = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 5], ARGV[i + 6], ARGV[i + 8]
  local fields = tonumber(ARGV[i + 9])
  local key = task_key(id)
  local later = due ~= '' and tonumber(due) > now
  if redis.call('EXISTS', key) == 0 and not has_left(id, level, due) then
    if later and (tonumber(due) > now + SOON or redis.call('ZCARD', prefix .. 'scheduled') >= most) then
      -- Comes when it is nearly due, and when there is room.
    elseif mode == 'again' and due ~= '' and not later then
      -- Comes when MariaDB has it wait too, and is counted so then.
    elseif later or room(level, group, tonumber(accepted), #data) then
      -- What is not taken soon has its data in MariaDB only.
      if later then data = '' end
      local task = { 'state', later and 'scheduled' or 'waiting', 'level', level, 'accepted', accepted, 'expires',
        ARGV[i + 3], 'attempt', ARGV[i + 4], 'instance', '', 'spec', ARGV[i + 7], 'data', data }
      if group ~= '' then append(task, 'group', group) end
      if later then append(task, 'due', due) end
      local floor = mode ~= 'new' and floor_of(accepted, ARGV[i + 4])
      if floor then append(task, 'floor', floor) end
      append(task, unpack(ARGV, i + 10, i + 9 + 2 * fields))
      redis.call('HSET', key, unpack(task))
      if later then
        redis.call('ZADD', prefix .. 'scheduled', due, id)
      else
        add(id, level, group, accepted, #data)
        woken[level] = (woken[level] or 0) + 1
      end
      added = added + 1
    else
      overflow(level, group, tonumber(accepted))
    end
    if mode == 'new' then
      count(level, later and 'scheduled' or 'waiting', 1)
      count(level, 'put', 1)
    elseif mode == 'due' and not later then
      count(level, 'scheduled', -1)
      count(level, 'waiting', 1)
      state_event(id, 'waiting', ARGV[i + 4])
    elseif before then
      redis.call('DEL', prefix .. 'left:' .. id)
      count(level, before, -1)
      count(level, 'waiting', 1)
      state_event(id, 'waiting', ARGV[i + 4])
    end
  end
  i = i + 10 + 2 * fields
end
write_groups()
write_deferred()
for level, n in pairs(woken) do wake(level, n) end
return added
