-- Which attempts tasks are at.
-- KEYS 1 queue
-- ARGV the tasks' ids
-- Returns per task the number of its current or latest attempt, or '' when it is not here.
local attempts = {}
for i, id in ipairs(ARGV) do attempts[i] = redis.call('HGET', KEYS[1] .. 'task:' .. id, 'attempt') or '' end
return attempts
