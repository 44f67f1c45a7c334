-- Finds what the clock has overtaken, changing nothing: leases that ran out and online tasks whose life is over.
-- KEYS 1 queue
-- ARGV 1 how many of each at most
-- Returns two lists: id and attempt of each lapsed lease; ids of expired online tasks.
--#include shared/queue.lua
local now = whole(millis())
local leases = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'leased', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  leases[#leases + 1] = id
  leases[#leases + 1] = redis.call('HGET', task_key(id), 'attempt') or ''
end
return { leases, redis.call('ZRANGEBYSCORE', prefix .. 'expiry', '-inf', now, 'LIMIT', 0, ARGV[1]) }
