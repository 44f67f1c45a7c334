-- Counts an online request of a key among those that are queued or run now.
-- KEYS 1 the key's online requests: sorted set of task ids, by when each is over at the latest (ms)
-- ARGV 1 how many there may be   2 task id   3 how long it may take at the latest (ms)
-- Returns 1 counted or 0 refused, how many there are.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- An instance that died has not taken its own out.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
local there = redis.call('ZCARD', KEYS[1])
if redis.call('ZSCORE', KEYS[1], ARGV[2]) then return { 1, there } end
if there >= tonumber(ARGV[1]) then return { 0, there } end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[3]), ARGV[2])
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ARGV[3] + 60000))
return { 1, there + 1 }
