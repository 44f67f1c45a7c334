-- Stops a group, so that nothing of it is taken, or lets it go on.
-- KEYS 1 queue   2 epoch
-- ARGV 1 group   2 'stop' or 'go'
-- Returns 1 when that changed something, else 0.
--#include shared/queue.lua
--#include shared/ready.lua
local group = ARGV[1]
if ARGV[2] == 'stop' then return redis.call('SADD', prefix .. 'stopped', group) end
local changed = redis.call('SREM', prefix .. 'stopped', group)
for level = 0, 9 do
  if redis.call('SREM', prefix .. 'blocked:' .. level, group) == 1 and redis.call('EXISTS', ready_key(level, group)) == 1 then
    join_ring(level, group)
    wake(level, redis.call('ZCARD', ready_key(level, group)))
  end
end
return changed
