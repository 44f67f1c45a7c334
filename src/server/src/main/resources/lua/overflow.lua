-- Reads which groups of a level have tasks that wait in MariaDB only; some of them, in no order.
-- KEYS 1 queue
-- ARGV 1 level   2 how many, about   3 'empty' for those only of which nothing can be taken here, or ''
-- Returns per group: its name, `<oldest>:<newest>` acceptance order of such tasks.
--#include shared/queue.lua
--#include shared/ready.lua
local MOST_LOOKED_AT = 2000
local level, empty_only = ARGV[1], ARGV[3] == 'empty'
-- Where the last call ended that had looked at as many as one may.
local place = level .. ':looked'
local found, looked_at = {}, 0
local cursor = empty_only and redis.call('HGET', prefix .. 'window', place) or '0'
repeat
  local step = redis.call('HSCAN', prefix .. 'overflow:' .. level, cursor, 'COUNT', ARGV[2])
  cursor = step[1]
  for i = 1, #step[2], 2 do
    local group = step[2][i]
    if not empty_only or redis.call('EXISTS', ready_key(level, group)) == 0 then append(found, group, step[2][i + 1]) end
  end
  looked_at = looked_at + #step[2] / 2
until cursor == '0' or #found >= 2 * tonumber(ARGV[2]) or looked_at >= MOST_LOOKED_AT
if empty_only then
  if cursor == '0' then redis.call('HDEL', prefix .. 'window', place) else redis.call('HSET', prefix .. 'window', place, cursor) end
end
return found
