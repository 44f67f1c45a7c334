-- Reads what happened to a task that somebody watches, and keeps the record alive.
-- KEYS 1 queue
-- ARGV 1 task id   2 id of the last event seen   3 how many at most
-- Returns 1, or 0 when there is no record any more; then the events: id, kind, content.
--#include shared/queue.lua
local key = prefix .. 'events:' .. ARGV[1]
if redis.call('EXISTS', key) == 0 then return { 0 } end
keep_events(key)
local changes = { 1 }
for _, entry in ipairs(redis.call('XRANGE', key, '(' .. ARGV[2], '+', 'COUNT', ARGV[3])) do
  local kind, content
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'kind' then kind = entry[2][i + 1] end
    if entry[2][i] == 'content' then content = entry[2][i + 1] end
  end
  changes[#changes + 1] = entry[1]
  changes[#changes + 1] = kind or ''
  changes[#changes + 1] = content or ''
end
return changes
