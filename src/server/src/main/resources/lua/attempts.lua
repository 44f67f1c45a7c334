-- Which attempts tasks are at, and in which states.
-- KEYS 1 queue
-- ARGV the tasks' ids
-- Returns per task the number of its current or latest attempt and its state, or '' and '' when it is not here.
local attempts = {}
for _, id in ipairs(ARGV) do
  local task = redis.call('HMGET', KEYS[1] .. 'task:' .. id, 'attempt', 'state')
  attempts[#attempts + 1] = task[1] or ''
  attempts[#attempts + 1] = task[2] or ''
end
return attempts
