-- Begins an online task anew that was given up: ended, or forgotten by now -> waiting, in its old place.
-- KEYS 1 queue   2 epoch
-- ARGV 1 task id   2 level   3 acceptance order   4 life in ms, from now   5 attempt: the one before the first that can be
--      given   6 specification   7 data   8 'owes' when its end owes a callback, or ''   9 group, or ''
--      10 how its earlier attempts ended, as `record_attempt` writes it   then fields that only some tasks have: name, value
-- Returns 1 it waits, 0 it was begun anew before, whatever has become of it.
--#include shared/queue.lua
--#include shared/ready.lua
local id, level, accepted, group = ARGV[1], ARGV[2], ARGV[3], ARGV[9]
local key = task_key(id)
local there = redis.call('HMGET', key, 'state', 'attempt')
if there[1] and (not final[there[1]] or tonumber(there[2]) >= tonumber(ARGV[5])) then return 0 end
redis.call('DEL', key)
local expires = whole(millis() + ARGV[4])
redis.call('HSET', key, 'state', 'waiting', 'level', level, 'accepted', accepted, 'expires', expires, 'attempt', ARGV[5],
  'instance', '', 'owes', ARGV[8], 'spec', ARGV[6], 'data', ARGV[7], 'past', ARGV[10])
if group ~= '' then redis.call('HSET', key, 'group', group) end
if #ARGV > 10 then redis.call('HSET', key, unpack(ARGV, 11)) end
make_ready(id, level, group, accepted)
redis.call('ZADD', prefix .. 'expiry', expires, id)
redis.call('ZADD', prefix .. 'online', accepted, id)
if there[1] then uncount(level, there[1]) end
count(level, 'waiting', 1)
state_event(id, 'waiting', ARGV[5])
wake(level, 1)
return 1
