-- Keeps the latest progress of a task that has not ended, and tells those who watch it.
-- KEYS 1 queue   2 epoch
-- ARGV 1 task id   2 attempt that the progress is of, or ''   3 progress, as JSON
-- Returns 1 kept, 0 unknown, -1 ended, -2 the task went on to a newer attempt; then the instance that holds the caller.
--#include shared/queue.lua
local key = task_key(ARGV[1])
local task = redis.call('HMGET', key, 'state', 'attempt', 'instance')
if not task[1] then return { 0, '' } end
if final[task[1]] then return { -1, task[3] } end
if ARGV[2] ~= '' and tonumber(ARGV[2]) < tonumber(task[2]) then return { -2, task[3] } end
redis.call('HSET', key, 'progress', ARGV[3])
event(ARGV[1], 'progress', ARGV[3])
return { 1, task[3] }
