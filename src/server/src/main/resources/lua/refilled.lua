-- Says how far a group of which tasks waited in MariaDB only has been brought, unless something came since its mark was read.
-- KEYS 1 queue   2 epoch
-- ARGV 1 level   2 group   3 the mark as it was read   4 the mark as it is now, or '' when nothing more waits there
-- Returns 1 so it is, 0 something came.
--#include shared/queue.lua
local key = prefix .. 'overflow:' .. ARGV[1]
if redis.call('HGET', key, ARGV[2]) ~= ARGV[3] then return 0 end
if ARGV[4] == '' then redis.call('HDEL', key, ARGV[2]) else redis.call('HSET', key, ARGV[2], ARGV[4]) end
return 1
