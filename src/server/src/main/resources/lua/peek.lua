-- Looks at what could be taken now, without taking it.
-- KEYS 1 queue   2 epoch
-- ARGV 1 how many per level at most   2 least age in ms   then levels
-- Returns per level the list of acceptance orders, oldest first.
--#include shared/queue.lua
--#include shared/ready.lua
--#include shared/limits.lua
promote(100)
local newest = newest_of_age(tonumber(ARGV[2]))
local found = {}
for i = 3, #ARGV do
  local orders = {}
  local want = may_take(ARGV[i], tonumber(ARGV[1]), settings[5])
  if want > 0 then
    local groups = redis.call('ZRANGE', prefix .. 'groups:' .. ARGV[i], 0, 19)
    if #groups == 0 then groups = { '' } end
    for _, group in ipairs(groups) do
      local rows = redis.call('ZRANGEBYSCORE', ready_key(ARGV[i], group), '-inf', newest, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
      for j = 2, #rows, 2 do orders[#orders + 1] = tonumber(rows[j]) end
    end
    table.sort(orders)
  end
  local first = {}
  for j = 1, math.min(#orders, want) do first[j] = whole(orders[j]) end
  found[#found + 1] = first
end
return found
