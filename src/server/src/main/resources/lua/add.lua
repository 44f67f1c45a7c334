-- Adds offline tasks, already committed to MariaDB, to the window: nothing -> waiting. A task that is there stays as it is.
-- KEYS 1 queue
-- ARGV 1 'new', or 'again' for tasks that were counted when they were put
--      then per task: id, level, acceptance order, expires (ms), attempt, lost leases, lost leases allowed,
--      specification, data ('' when it stays in MariaDB)
-- Returns how many were added.
--#include shared/queue.lua
local added, per_level = 0, {}
for i = 2, #ARGV, 9 do
  local id, level, accepted = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local key = task_key(id)
  if redis.call('EXISTS', key) == 0 then
    redis.call('HSET', key, 'state', 'waiting', 'level', level, 'accepted', accepted, 'expires', ARGV[i + 3],
      'attempt', ARGV[i + 4], 'lost', ARGV[i + 5], 'max_lost', ARGV[i + 6], 'instance', '', 'spec', ARGV[i + 7],
      'data', ARGV[i + 8])
    redis.call('ZADD', prefix .. 'ready:' .. level, accepted, id)
    per_level[level] = (per_level[level] or 0) + 1
    added = added + 1
  end
end
for level, n in pairs(per_level) do
  count(level, 'waiting', n)
  if ARGV[1] == 'new' then count(level, 'put', n) end
  wake(level, n)
end
return added
