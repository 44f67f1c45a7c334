-- Takes ended tasks out of the counts, because somebody has removed them for good, and forgets online ones.
-- KEYS 1 queue   2 epoch
-- ARGV per task: id, level, state
-- Returns nothing.
--#include shared/queue.lua
for i = 1, #ARGV, 3 do
  local id, level, state = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if level ~= '0' then
    count(level, state, -1)
  else
    if final[redis.call('HGET', task_key(id), 'state') or ''] then
      redis.call('DEL', task_key(id))
      redis.call('ZREM', prefix .. 'online', id)
    end
    uncount(level, state)
  end
end
return {}
