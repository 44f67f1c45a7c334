-- Opens an epoch: what Redis has of the queue is complete again.
-- KEYS 1 queue
-- ARGV 1 epoch   2 the highest acceptance order that was ever given out   then pairs: name, value of a count
--#include shared/queue.lua
if tonumber(ARGV[2]) > tonumber(redis.call('GET', prefix .. 'accepted') or 0) then
  redis.call('SET', prefix .. 'accepted', ARGV[2])
end
redis.call('DEL', prefix .. 'opened')
if ARGV[2] ~= '0' then redis.call('SET', prefix .. 'opened', ARGV[2]) end
if #ARGV > 2 then redis.call('HSET', prefix .. 'counts', unpack(ARGV, 3)) end
redis.call('SET', prefix .. 'epoch', ARGV[1])
redis.call('SET', prefix .. 'epoch:' .. ARGV[1], opened_now(run_of_redis()))
for level = 0, 9 do wake(level, 100) end
return 1
