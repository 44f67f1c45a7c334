-- Mends a count that a crash between the stores has put wrong, unless it has changed since somebody looked.
-- KEYS 1 queue   2 epoch
-- ARGV 1 level   2 state   3 the count as it was seen   4 as it should be
-- Returns 1 mended, 0 it has changed.
--#include shared/queue.lua
local name = ARGV[1] .. ':' .. ARGV[2]
if (redis.call('HGET', prefix .. 'counts', name) or '0') ~= ARGV[3] then return 0 end
redis.call('HSET', prefix .. 'counts', name, ARGV[4])
return 1
