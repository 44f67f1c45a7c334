-- Looks at how many tasks of a queue stand where, changing nothing.
-- KEYS 1 queue
-- Returns two lists: names and values of the counts; levels on which tasks wait, and for how long (ms) the oldest does.
--#include shared/queue.lua
local counts, waits, now = redis.call('HGETALL', prefix .. 'counts'), {}, micros()
for i = 1, #counts, 2 do
  local level = string.match(counts[i], '^(%d):waiting$')
  if level and tonumber(counts[i + 1]) > 0 then
    local first = redis.call('ZRANGE', prefix .. 'ready:' .. level, 0, 0, 'WITHSCORES')
    if first[2] then
      waits[#waits + 1] = level
      waits[#waits + 1] = whole(math.max(0, (now - tonumber(first[2])) / 1000))
    end
  end
end
return { counts, waits }
