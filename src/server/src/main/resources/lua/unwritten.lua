-- Reads ended attempts of offline tasks that are to be written to MariaDB; some of them, in no order.
-- KEYS 1 queue
-- ARGV 1 how many, about
-- Returns per attempt: `<task id>:<attempt>`, and how it ended, as JSON.
--#include shared/queue.lua
local found, cursor = {}, '0'
repeat
  local step = redis.call('HSCAN', prefix .. 'unwritten', cursor, 'COUNT', ARGV[1])
  cursor = step[1]
  for _, text in ipairs(step[2]) do found[#found + 1] = text end
until cursor == '0' or #found >= 2 * tonumber(ARGV[1])
return found
