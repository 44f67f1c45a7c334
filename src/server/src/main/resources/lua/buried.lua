-- An online task that was given up is in MariaDB now, so it need not be kept for that any longer.
-- KEYS 1 queue
-- ARGV 1 `<task id>:<attempt>`   2 task id   3 how long the task can still be read, in s
-- Returns 1, or 0 when it was off the list: then it may have begun anew, and does not expire.
--#include shared/queue.lua
local there = redis.call('SREM', prefix .. 'dead', ARGV[1])
if there == 1 then redis.call('EXPIRE', task_key(ARGV[2]), ARGV[3]) end
return there
