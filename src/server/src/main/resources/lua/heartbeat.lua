-- Says that an instance lives, and finds those that have not said so for long.
-- KEYS 1 sorted set of instances, by the time of their last heartbeat (ms)
-- ARGV 1 this instance   2 how long another may be silent, in ms
-- Returns per silent one: its name, for how long it has been silent (ms).
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
local silent = {}
local rows = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[2]), 'WITHSCORES')
for i = 1, #rows, 2 do
  silent[#silent + 1] = rows[i]
  silent[#silent + 1] = now - tonumber(rows[i + 1])
end
return silent
