-- Puts online tasks: nothing -> waiting, or -> scheduled when one has a delay. Redis is their only home. What is given in
-- order is accepted in order.
-- KEYS 1 queue   2 epoch
-- ARGV 1 how many of a level may wait   2 how many tasks are given
--      then per task: id, level, life in ms, instance that holds the caller or '', specification, data,
--      'owes' when its end owes a callback or '', not before (ms) or '', delay in ms or '', group or '',
--      number of fields that only some tasks have, and those: name, value
-- Returns per task the acceptance order and the time of expiry (ms), or twice '' when the queue is full.
--#include shared/queue.lua
--#include shared/ready.lua
local most, answers, now = tonumber(ARGV[1]), {}, millis()
local present, woken, ready, held, expiry, online = {}, {}, {}, {}, {}, {}
local order

-- The places of all are allotted at once, when the first is needed.
local function next_order()
  order = order and order + 1 or allot(tonumber(ARGV[2]))
  return order
end

-- How many of a level wait, with those that this call has put.
local function waiting(level)
  if not present[level] then
    local counts = redis.call('HMGET', prefix .. 'counts', level .. ':waiting', level .. ':scheduled')
    present[level] = tonumber(counts[1] or 0) + tonumber(counts[2] or 0)
  end
  return present[level]
end

local function put_task(i)
  local id, level, instance, due_at, delay, group = ARGV[i], ARGV[i + 1], ARGV[i + 3], ARGV[i + 7], ARGV[i + 8], ARGV[i + 9]
  local key = task_key(id)
  local there = redis.call('HMGET', key, 'accepted', 'expires')
  -- The client library sends a script again when its answer was lost.
  if there[1] then return there[1], there[2] end
  if waiting(level) >= most then return '', '' end
  local place = next_order()
  local accepted = whole(place)
  local expires = whole(math.floor(place / 1000) + ARGV[i + 2])
  local due = delay ~= '' and math.floor(place / 1000) + delay or tonumber(due_at ~= '' and due_at or 0)
  local later = due > now
  local state = later and 'scheduled' or 'waiting'
  local task = { 'state', state, 'level', level, 'accepted', accepted, 'expires', expires, 'attempt', 0, 'instance', instance,
    'owes', ARGV[i + 6], 'spec', ARGV[i + 4], 'data', ARGV[i + 5] }
  if group ~= '' then append(task, 'group', group) end
  if later then append(task, 'due', whole(due)) end
  append(task, unpack(ARGV, i + 11, i + 10 + 2 * tonumber(ARGV[i + 10])))
  redis.call('HSET', key, unpack(task))
  if later then
    redis.call('ZADD', prefix .. 'scheduled', whole(due), id)
  else
    if group == '' then append(list_of(ready, level), accepted, id) else make_ready(id, level, group, accepted) end
    woken[level] = (woken[level] or 0) + 1
  end
  append(expiry, expires, id)
  append(online, accepted, id)
  if instance ~= '' then append(list_of(held, instance), id) end
  present[level] = present[level] + 1
  count(level, state, 1)
  count(level, 'put', 1)
  return accepted, expires
end

defer()
local i = 3
while i <= #ARGV do
  answers[#answers + 1], answers[#answers + 2] = put_task(i)
  i = i + 11 + 2 * tonumber(ARGV[i + 10])
end
for level, scored in pairs(ready) do make_all_ready(level, '', scored, 0) end
for instance, ids in pairs(held) do for_all('SADD', prefix .. 'held:' .. instance, ids) end
add_all(prefix .. 'expiry', expiry)
add_all(prefix .. 'online', online)
write_deferred()
for level, n in pairs(woken) do wake(level, n) end
return answers
