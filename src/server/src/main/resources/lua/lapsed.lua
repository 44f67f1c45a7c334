-- Finds what the clock has overtaken: leases that ran out and online tasks whose life is over; and lets what is due wait.
-- KEYS 1 queue   2 epoch
-- ARGV 1 how many of each at most
-- Returns two lists and three numbers: id and attempt of each lapsed lease; ids of expired online tasks; in how many ms the
--      next scheduled task is due, or -1; 1 when ended attempts are to be written down; 0 when nothing is there that
--      time or a crash touches.
--#include shared/queue.lua
--#include shared/ready.lua
promote(1000)
local now = whole(millis())
local leases = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'leased', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  leases[#leases + 1] = id
  leases[#leases + 1] = redis.call('HGET', task_key(id), 'attempt') or ''
end
local due = redis.call('ZRANGE', prefix .. 'scheduled', 0, 0, 'WITHSCORES')[2]
return { leases, redis.call('ZRANGEBYSCORE', prefix .. 'expiry', '-inf', now, 'LIMIT', 0, ARGV[1]), due and whole(math.max(0, tonumber(due) - millis())) or '-1',
  redis.call('EXISTS', prefix .. 'unwritten'),
  redis.call('EXISTS', prefix .. 'leased', prefix .. 'scheduled', prefix .. 'expiry', prefix .. 'owed', prefix .. 'dead',
    prefix .. 'unwritten') }
