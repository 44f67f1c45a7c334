-- How many online requests of a key are queued or run now.
-- KEYS 1 the key's online requests: see quota-hold
-- Returns the number.
local time = redis.call('TIME')
return redis.call('ZCOUNT', KEYS[1], string.format('(%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), '+inf')
