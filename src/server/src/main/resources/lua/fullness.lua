-- How full the window of a level is, in thousandths of its room: by tasks or by bytes, whichever is more.
-- KEYS 1 queue
-- ARGV 1 level   2 how many tasks of a level the window has room for   3 how many bytes of data
--      4 how many bytes Redis may use
-- Returns that, and for how many tasks there is room now.
--#include shared/queue.lua
--#include shared/room.lua
local level = ARGV[1]
local most, most_bytes = room_now(tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]))
local held = redis.call('HMGET', prefix .. 'window', level, level .. ':bytes')
redis.call('HSET', prefix .. 'window', level .. ':limit', most, level .. ':room', most_bytes)
return { math.floor(1000 * math.max((held[1] or 0) / most, (held[2] or 0) / most_bytes)), most }
