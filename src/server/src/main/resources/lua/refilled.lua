-- Says that nothing of a group waits in MariaDB only, unless something came since the mark was read.
-- KEYS 1 queue   2 epoch
-- ARGV 1 level   2 group   3 the mark as it was read
-- Returns 1 so it is, 0 something came.
--#include shared/queue.lua
local key = prefix .. 'overflow:' .. ARGV[1]
if redis.call('HGET', key, ARGV[2]) ~= ARGV[3] then return 0 end
redis.call('HDEL', key, ARGV[2])
return 1
