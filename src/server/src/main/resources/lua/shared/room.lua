-- How many offline tasks of a level, and how many bytes of their data, may wait in Redis: as many as the settings say, but
-- few while Redis as a whole uses more memory than it shall. That bounds all queues together, however many there are.
local FEW, FEW_BYTES = 100, 1048576

-- `memory` is how many bytes Redis may use before that; 0 is three quarters of what it may use by its own settings.
local function room_now(tasks, bytes, memory)
  local used, most = used_memory, most_memory
  if not used then used, most = memory_of_redis() end
  local limit = memory > 0 and memory or tonumber(most) * 0.75
  if limit == 0 or tonumber(used) <= limit then return tasks, bytes end
  return math.min(tasks, FEW), math.min(bytes, FEW_BYTES)
end
