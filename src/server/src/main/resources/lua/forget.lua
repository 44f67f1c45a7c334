-- Forgets what Redis has of a queue's offline tasks, some of it at a time, before they are brought again from MariaDB.
-- Nothing else may be done with the queue meanwhile, for the first step closes the epoch.
-- KEYS 1 queue
-- ARGV 1 how many tasks at most
-- Returns how many were forgotten; 0 when there is nothing left of them.
--#include shared/queue.lua
local epoch = redis.call('GET', prefix .. 'epoch')
if epoch then redis.call('DEL', prefix .. 'epoch', prefix .. 'epoch:' .. epoch) end
local most, forgotten = tonumber(ARGV[1]), 0

local function forget_from(key)
  for _, id in ipairs(redis.call('ZRANGE', key, 0, most - forgotten - 1)) do
    redis.call('UNLINK', task_key(id))
    redis.call('ZREM', key, id)
    forgotten = forgotten + 1
  end
end

-- Of sorted sets that online tasks are in too.
local function forget_offline_from(key)
  local from = 0
  while forgotten < most do
    local ids = redis.call('ZRANGE', key, from, from + 99)
    if #ids == 0 then return end
    for _, id in ipairs(ids) do
      if string.match(id, '^TASK%-%d+%-0%-') then
        from = from + 1
      else
        redis.call('UNLINK', task_key(id))
        redis.call('ZREM', key, id)
        forgotten = forgotten + 1
      end
    end
  end
end

forget_offline_from(prefix .. 'leased')
forget_offline_from(prefix .. 'scheduled')
for level = 1, 9 do
  local groups = redis.call('ZRANGE', prefix .. 'groups:' .. level, 0, -1)
  for _, group in ipairs(redis.call('SMEMBERS', prefix .. 'blocked:' .. level)) do groups[#groups + 1] = group end
  groups[#groups + 1] = ''
  for _, group in ipairs(groups) do
    if forgotten >= most then return forgotten end
    local ready = prefix .. 'ready:' .. level .. (group == '' and '' or ':' .. group)
    forget_from(ready)
    if redis.call('EXISTS', ready) == 0 then
      redis.call('ZREM', prefix .. 'groups:' .. level, group)
      redis.call('SREM', prefix .. 'blocked:' .. level, group)
    end
  end
end
if forgotten > 0 then return forgotten end

for level = 1, 9 do
  redis.call('DEL', prefix .. 'groups:' .. level, prefix .. 'blocked:' .. level, prefix .. 'turn:' .. level,
    prefix .. 'overflow:' .. level, prefix .. 'sequential:' .. level)
end
redis.call('DEL', prefix .. 'window', prefix .. 'running')
local counts = redis.call('HKEYS', prefix .. 'counts')
for _, name in ipairs(counts) do
  if string.sub(name, 1, 2) ~= '0:' then redis.call('HDEL', prefix .. 'counts', name) end
end
for _, id in ipairs(redis.call('ZRANGE', prefix .. 'leased', 0, -1)) do
  local group = redis.call('HGET', task_key(id), 'group')
  if group then redis.call('HINCRBY', prefix .. 'running', group, 1) end
end
return 0
