-- Reads which groups of a level have tasks that wait in MariaDB only; some of them, in no order.
-- KEYS 1 queue
-- ARGV 1 level   2 how many, about
-- Returns per group: its name, `<oldest>:<newest>` acceptance order of such tasks.
--#include shared/queue.lua
local found, cursor = {}, '0'
repeat
  local step = redis.call('HSCAN', prefix .. 'overflow:' .. ARGV[1], cursor, 'COUNT', ARGV[2])
  cursor = step[1]
  for _, text in ipairs(step[2]) do found[#found + 1] = text end
until cursor == '0' or #found >= 2 * tonumber(ARGV[2])
return found
