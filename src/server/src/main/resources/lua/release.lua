-- Hands back a task that never reached its worker: running -> waiting, in its old place, with no lost lease counted.
-- KEYS 1 queue
-- ARGV 1 task id   2 level   3 the attempt that is handed back
-- Returns 1 waiting again, 0 not running or on another attempt.
--#include shared/queue.lua
local id, level = ARGV[1], ARGV[2]
local key = task_key(id)
local task = redis.call('HMGET', key, 'state', 'attempt', 'accepted')
if task[1] ~= 'running' or task[2] ~= ARGV[3] then return 0 end
redis.call('HSET', key, 'state', 'waiting')
redis.call('HDEL', key, 'deadline')
redis.call('ZREM', prefix .. 'leased', id)
redis.call('ZADD', prefix .. 'ready:' .. level, task[3], id)
release_sequential(id, level)
count(level, 'running', -1)
count(level, 'waiting', 1)
state_event(id, 'waiting', task[2])
wake(level, 1)
return 1
