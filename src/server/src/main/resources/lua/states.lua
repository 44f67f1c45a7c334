-- Says how tasks of a queue stand, changing nothing.
-- KEYS 1 queue
-- ARGV task ids
-- Returns per task: state, or '' when it is not in Redis; attempt; instance that holds the caller, or ''.
--#include shared/queue.lua
local found = {}
for _, id in ipairs(ARGV) do
  local task = redis.call('HMGET', task_key(id), 'state', 'attempt', 'instance')
  found[#found + 1] = task[1] or ''
  found[#found + 1] = tonumber(task[2] or 0)
  found[#found + 1] = task[3] or ''
end
return found
