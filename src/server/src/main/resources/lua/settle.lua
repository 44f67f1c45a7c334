-- The callback of an ended online task is in MariaDB now, so the task need not be kept for it any longer.
-- KEYS 1 queue
-- ARGV 1 task id   2 how long the task can still be read, in s
-- Returns 1, or 0 when nothing was owed.
--#include shared/queue.lua
redis.call('EXPIRE', task_key(ARGV[1]), ARGV[2])
return redis.call('SREM', prefix .. 'owed', ARGV[1])
