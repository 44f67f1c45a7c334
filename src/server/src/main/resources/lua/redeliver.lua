-- Takes back a lease that ran out: running -> waiting, in its old place, while the task may lose another lease.
-- KEYS 1 queue
-- ARGV 1 task id   2 level   3 the attempt whose lease ran out
-- Returns 1 waiting again, 0 not lapsed (renewed, ended, or already back), -1 it has lost its last lease.
--#include shared/queue.lua
local id, level = ARGV[1], ARGV[2]
local key = task_key(id)
local task = redis.call('HMGET', key, 'state', 'attempt', 'deadline', 'accepted', 'lost', 'max_lost')
if not task[1] then
  redis.call('ZREM', prefix .. 'leased', id)
  return 0
end
if task[1] ~= 'running' or task[2] ~= ARGV[3] or tonumber(task[3]) > millis() then return 0 end
local allowed = tonumber(task[6])
if allowed >= 0 and tonumber(task[5]) >= allowed then return -1 end
redis.call('HINCRBY', key, 'lost', 1)
redis.call('HSET', key, 'state', 'waiting')
redis.call('HDEL', key, 'deadline')
redis.call('ZREM', prefix .. 'leased', id)
redis.call('ZADD', prefix .. 'ready:' .. level, task[4], id)
release_sequential(id, level)
count(level, 'running', -1)
count(level, 'waiting', 1)
count(level, 'redelivered', 1)
state_event(id, 'waiting', task[2])
wake(level, 1)
return 1
