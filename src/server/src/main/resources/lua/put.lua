-- Puts an online task: nothing -> waiting. Redis is its only home.
-- KEYS 1 queue
-- ARGV 1 task id   2 level   3 life in ms   4 how many may wait   5 instance that holds the caller, or ''
--      6 lost leases allowed   7 specification   8 data   9 'owes' when its end owes a callback, or ''
-- Returns the acceptance order and the time of expiry (ms), or nothing when the queue is full.
--#include shared/queue.lua
local id, level, instance = ARGV[1], ARGV[2], ARGV[5]
local there = redis.call('HMGET', task_key(id), 'accepted', 'expires')
-- The client library sends a script again when its answer was lost.
if there[1] then return there end
if redis.call('ZCARD', prefix .. 'ready:' .. level) >= tonumber(ARGV[4]) then return false end
local accepted = whole(allot(1))
local expires = whole(millis() + ARGV[3])
redis.call('HSET', task_key(id), 'state', 'waiting', 'level', level, 'accepted', accepted, 'expires', expires,
  'attempt', 0, 'lost', 0, 'max_lost', ARGV[6], 'instance', instance, 'owes', ARGV[9], 'spec', ARGV[7],
  'data', ARGV[8])
redis.call('ZADD', prefix .. 'ready:' .. level, accepted, id)
redis.call('ZADD', prefix .. 'expiry', expires, id)
redis.call('ZADD', prefix .. 'online', accepted, id)
if instance ~= '' then redis.call('SADD', prefix .. 'held:' .. instance, id) end
count(level, 'waiting', 1)
count(level, 'put', 1)
wake(level, 1)
return { accepted, expires }
