-- Replaces Redis's copy of a queue's settings, unless that is as new. Then whatever a limit or a pause held back has
-- another chance: blocked groups stand in the ring again, and takes that wait look.
--   settings           hash: the settings, and `version`, which counts their changes
--   groups:<level>     sorted set: the ring of groups, by whose turn it is
--   turn:<level>       the turn that the ring is at
--   blocked:<level>    set: groups that a limit keeps out of the ring
-- KEYS 1 queue
-- ARGV 1 version of the settings   then pairs: field, text
-- Returns 1 replaced, 0 the copy is as new or newer.
--#include shared/queue.lua
--#include shared/ready.lua
local key = prefix .. 'settings'
local version = tonumber(redis.call('HGET', key, 'version') or -1)
if version >= tonumber(ARGV[1]) then return 0 end
redis.call('DEL', key)
redis.call('HSET', key, 'version', unpack(ARGV))
for level = 0, 9 do
  local blocked = prefix .. 'blocked:' .. level
  local groups = redis.call('SMEMBERS', blocked)
  if #groups > 0 then
    redis.call('DEL', blocked)
    for _, group in ipairs(groups) do join_ring(level, group) end
  end
  wake(level, 100)
end
redis.call('PUBLISH', 'carillon:queues', queue)
return 1
