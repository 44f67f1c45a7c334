-- The callbacks of ended online tasks are in MariaDB now, so the tasks need not be kept for them any longer.
-- KEYS 1 queue
-- ARGV 1 how long the tasks can still be read, in s   then the tasks' ids
-- Returns how many were owed.
--#include shared/queue.lua
local settled = 0
for i = 2, #ARGV do
  redis.call('EXPIRE', task_key(ARGV[i]), ARGV[1])
  settled = settled + redis.call('SREM', prefix .. 'owed', ARGV[i])
end
return settled
