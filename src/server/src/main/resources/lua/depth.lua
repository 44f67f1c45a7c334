-- Looks at how many tasks of a queue stand where, changing nothing.
-- KEYS 1 queue
-- Returns two lists: names and values of the counts; levels on which tasks wait, and for how long (ms) the oldest does.
--#include shared/queue.lua
--#include shared/ready.lua
local counts, waits, now = redis.call('HGETALL', prefix .. 'counts'), {}, micros()
for i = 1, #counts, 2 do
  local level = string.match(counts[i], '^(%d):waiting$')
  if level and tonumber(counts[i + 1]) > 0 then
    local groups = redis.call('ZRANGE', prefix .. 'groups:' .. level, 0, 99)
    if #groups == 0 then groups = { '' } end
    local oldest
    for _, group in ipairs(groups) do
      local first = tonumber(redis.call('ZRANGE', ready_key(level, group), 0, 0, 'WITHSCORES')[2])
      if first and (not oldest or first < oldest) then oldest = first end
    end
    if oldest then
      waits[#waits + 1] = level
      waits[#waits + 1] = whole(math.max(0, (now - oldest) / 1000))
    end
  end
end
return { counts, waits }
