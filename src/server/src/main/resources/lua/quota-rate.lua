-- Counts a request of a key against its requests per minute: a bucket that holds a minute's worth and fills all the time.
-- KEYS 1 the key's bucket: hash of tokens, and when they were counted (microseconds)
-- ARGV 1 requests per minute, at least 1
-- Returns 1 counted or 0 refused, requests that are left, in how many ms there is one again (0: now), in how many ms the
--      bucket is full
local limit = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local per_micro = limit / 60000000
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = limit
-- A replica that became master may have a clock that is behind.
if bucket[1] then tokens = math.min(limit, tonumber(bucket[1]) + math.max(0, now - bucket[2]) * per_micro) end
local counted = tokens >= 1 and 1 or 0
tokens = tokens - counted
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.0f', now))
redis.call('EXPIRE', KEYS[1], 120)
local next_one = tokens >= 1 and 0 or math.ceil((1 - tokens) / per_micro / 1000)
return { counted, math.floor(tokens), next_one, math.ceil((limit - tokens) / per_micro / 1000) }
