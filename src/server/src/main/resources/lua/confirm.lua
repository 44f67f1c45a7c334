-- Finds whether an epoch was opened on this run of Redis, which may have saved since.
-- KEYS 1 queue
-- ARGV 1 epoch
-- Returns 1 it was, 0 the queue must be rebuilt.
--#include shared/queue.lua
local key = prefix .. 'epoch:' .. ARGV[1]
local opened = redis.call('GET', key)
local run = run_of_redis()
if not opened or string.match(opened, '^%d+ (%x+) ') ~= run then return 0 end
redis.call('SET', key, opened_now(run))
return 1
