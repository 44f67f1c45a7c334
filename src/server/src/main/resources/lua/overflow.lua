-- Reads which groups of a level have tasks that wait in MariaDB only; some of them, in no order.
-- KEYS 1 queue
-- ARGV 1 level   2 how many, about   3 'empty' for those only of which nothing can be taken here, or ''
-- Returns per group: its name, `<oldest>:<newest>` acceptance order of such tasks.
--#include shared/queue.lua
--#include shared/ready.lua
local level, empty_only = ARGV[1], ARGV[3] == 'empty'
local found, cursor = {}, '0'
repeat
  local step = redis.call('HSCAN', prefix .. 'overflow:' .. level, cursor, 'COUNT', ARGV[2])
  cursor = step[1]
  for i = 1, #step[2], 2 do
    local group = step[2][i]
    if not empty_only or redis.call('EXISTS', ready_key(level, group)) == 0 then append(found, group, step[2][i + 1]) end
  end
until cursor == '0' or #found >= 2 * tonumber(ARGV[2])
return found
