-- Puts an online task: nothing -> waiting, or -> scheduled when it has a delay. Redis is its only home.
-- KEYS 1 queue   2 epoch
-- ARGV 1 task id   2 level   3 life in ms   4 how many may wait   5 instance that holds the caller, or ''
--      6 specification   7 data   8 'owes' when its end owes a callback, or ''   9 not before (ms), or ''
--      10 delay in ms, or ''   11 group, or ''   then fields that only some tasks have: name, value
-- Returns the acceptance order and the time of expiry (ms), or nothing when the queue is full.
--#include shared/queue.lua
--#include shared/ready.lua
local id, level, instance, group = ARGV[1], ARGV[2], ARGV[5], ARGV[11]
local key = task_key(id)
local there = redis.call('HMGET', key, 'accepted', 'expires')
-- The client library sends a script again when its answer was lost.
if there[1] then return there end
local counts = redis.call('HMGET', prefix .. 'counts', level .. ':waiting', level .. ':scheduled')
if tonumber(counts[1] or 0) + tonumber(counts[2] or 0) >= tonumber(ARGV[4]) then return false end
local order, now = allot(1), millis()
local accepted = whole(order)
local expires = whole(math.floor(order / 1000) + ARGV[3])
local due = ARGV[10] ~= '' and math.floor(order / 1000) + ARGV[10] or tonumber(ARGV[9] ~= '' and ARGV[9] or 0)
local later = due > now
local state = later and 'scheduled' or 'waiting'
redis.call('HSET', key, 'state', state, 'level', level, 'accepted', accepted, 'expires', expires,
  'attempt', 0, 'instance', instance, 'owes', ARGV[8], 'spec', ARGV[6], 'data', ARGV[7])
if group ~= '' then redis.call('HSET', key, 'group', group) end
if #ARGV > 11 then redis.call('HSET', key, unpack(ARGV, 12)) end
if later then
  redis.call('HSET', key, 'due', whole(due))
  redis.call('ZADD', prefix .. 'scheduled', whole(due), id)
else
  make_ready(id, level, group, accepted)
end
redis.call('ZADD', prefix .. 'expiry', expires, id)
redis.call('ZADD', prefix .. 'online', accepted, id)
if instance ~= '' then redis.call('SADD', prefix .. 'held:' .. instance, id) end
count(level, state, 1)
count(level, 'put', 1)
if not later then wake(level, 1) end
return { accepted, expires }
