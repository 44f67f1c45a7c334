-- Keeps an instance's event stream: makes it, so that what late workers append to it expires too, and trims what was read.
-- KEYS 1 stream
-- ARGV 1 id of the last event that was read; '0-0' for none   2 time to live, in s
-- Returns the newest id that the stream has given out.
local key = KEYS[1]
if redis.call('EXISTS', key) == 0 then
  redis.call('XGROUP', 'CREATE', key, 'maker', '$', 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', key, 'maker')
end
if ARGV[1] ~= '0-0' then redis.call('XTRIM', key, 'MINID', ARGV[1]) end
redis.call('EXPIRE', key, ARGV[2])
local info = redis.call('XINFO', 'STREAM', key)
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' then return info[i + 1] end
end
