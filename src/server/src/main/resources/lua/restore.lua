-- Brings back offline tasks that run, with the leases that their workers have. A task that is there stays as it is.
-- KEYS 1 queue   2 epoch, except while the queue is rebuilt
-- ARGV then per task: id, level, acceptance order, expires (ms), attempt, group or '', worker or '', start of the attempt
--      (ms), lease in ms, deadline (ms), 'sequential' or '', state that the counts have it in or '', specification, number
--      of fields that only some tasks have, and those: name, value
-- Returns how many are there now that were not before.
--#include shared/queue.lua
--#include shared/ready.lua
--#include shared/unnoticed.lua
local restored, now, i = 0, millis(), 1
while i <= #ARGV do
  local id, level, group, counted = ARGV[i], ARGV[i + 1], ARGV[i + 5], ARGV[i + 11]
  local fields = tonumber(ARGV[i + 13])
  local key = task_key(id)
  if redis.call('EXISTS', key) == 0 then
    -- A lease may have been renewed since MariaDB heard of it, so its worker gets the time for one more heartbeat.
    local deadline = whole(math.max(tonumber(ARGV[i + 9]), now + ARGV[i + 8]))
    redis.call('HSET', key, 'state', 'running', 'level', level, 'accepted', ARGV[i + 2], 'expires', ARGV[i + 3],
      'attempt', ARGV[i + 4], 'worker', ARGV[i + 6], 'started', ARGV[i + 7], 'lease', ARGV[i + 8], 'deadline', deadline,
      'instance', '', 'spec', ARGV[i + 12], 'data', '')
    if group ~= '' then
      redis.call('HSET', key, 'group', group)
      redis.call('HINCRBY', prefix .. 'running', group, 1)
    end
    local floor = floor_of(ARGV[i + 2], ARGV[i + 4])
    if floor then redis.call('HSET', key, 'floor', floor) end
    if fields > 0 then redis.call('HSET', key, unpack(ARGV, i + 14, i + 13 + 2 * fields)) end
    redis.call('ZADD', prefix .. 'leased', deadline, id)
    if ARGV[i + 10] == 'sequential' or setting('sequential') then redis.call('SET', prefix .. 'sequential:' .. level, id, 'NX') end
    if counted ~= '' and counted ~= 'running' then
      count(level, counted, -1)
      count(level, 'running', 1)
    end
    restored = restored + 1
  end
  i = i + 14 + 2 * fields
end
return restored
