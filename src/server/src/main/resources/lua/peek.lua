-- Looks at what could be taken now, without taking it.
-- KEYS 1 queue
-- ARGV 1 how many per level at most   2 least age in ms   then levels
-- Returns per level the list of acceptance orders, oldest first.
--#include shared/queue.lua
local oldest = whole(micros() - ARGV[2] * 1000)
local found = {}
for i = 3, #ARGV do
  local rows = redis.call('ZRANGEBYSCORE', prefix .. 'ready:' .. ARGV[i], '-inf', oldest, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
  local orders = {}
  for j = 2, #rows, 2 do orders[#orders + 1] = whole(tonumber(rows[j])) end
  found[#found + 1] = orders
end
return found
