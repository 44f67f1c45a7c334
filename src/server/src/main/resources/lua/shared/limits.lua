-- What the queue's settings allow to be taken now.
local settings = redis.call('HMGET', prefix .. 'settings', 'paused', 'concurrency', 'rate', 'rate_ms', 'sequential',
  'group_concurrency', 'group_rate', 'group_rate_ms', 'lease')
local start = micros()

-- How many of `want` more starts a limit of `most` within `period` ms allows: the list has the latest starts.
local function allowed(key, most, period, want)
  most, period = tonumber(most), tonumber(period) * 1000
  local n, there = 0, redis.call('LLEN', key)
  while n < want and n < most do
    local free = most - there - n
    if free <= 0 then
      -- The start that would fall out of the period. One that is further ahead than that is of a clock that was set back since.
      local earlier = redis.call('LINDEX', key, most - 1 - n)
      if earlier and math.abs(start - tonumber(earlier)) < period then break end
    end
    n = n + 1
  end
  return n
end

-- How many of `want` tasks of a level may be taken.
local function may_take(level, want, sequential)
  if settings[1] then return 0 end
  if settings[2] then want = math.min(want, tonumber(settings[2]) - redis.call('ZCARD', prefix .. 'leased')) end
  if sequential then
    want = redis.call('EXISTS', prefix .. 'sequential:' .. level) == 1 and 0 or math.min(want, 1)
  end
  if settings[3] and want > 0 then want = allowed(prefix .. 'rate', settings[3], settings[4], want) end
  return math.max(0, want)
end
