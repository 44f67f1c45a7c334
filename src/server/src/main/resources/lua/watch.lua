-- Begins (or goes on) to record what happens to a task, for somebody who watches it.
-- KEYS 1 queue
-- ARGV 1 task id   2 state now, as JSON, for a task that is not in Redis, or ''
-- Returns the id of the newest event; then, for a task in Redis, its state and attempt at that event.
--#include shared/queue.lua
local id = ARGV[1]
local key = prefix .. 'events:' .. id
local task = redis.call('HMGET', task_key(id), 'state', 'attempt')
if redis.call('EXISTS', key) == 0 then
  local now = ARGV[2]
  if task[1] then
    now = '{"state":"' .. task[1] .. '","attempt":' .. task[2] .. ',"time":' .. whole(millis()) .. '}'
  end
  redis.call('XADD', key, '*', 'kind', 'state', 'content', now)
end
keep_events(key)
return { redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1][1], task[1] or '', tonumber(task[2] or 0) }
