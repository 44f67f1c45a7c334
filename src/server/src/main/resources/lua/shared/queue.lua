-- What every script of a queue begins with. KEYS[1] is the queue's prefix, `carillon:{12}:`; all keys that a script
-- touches begin with it and so lie in one slot. The names of a queue's keys (Java's `Keys` has those that it reads):
--   accepted           the last acceptance order given out, in microseconds
--   task:<id>          hash: the task, its state and its current attempt
--   ready:<level>      sorted set by acceptance order: what waits
--   leased             sorted set by deadline (ms): what runs
--   expiry             sorted set by expire time (ms): online tasks that have not ended
--   online             sorted set by acceptance order: online tasks that can still be read
--   held:<instance>    set: tasks whose callers that instance holds
--   owed               set: ended online tasks whose callback is not in MariaDB yet
--   sequential:<level> the task that holds the level's sequential lock
--   wanted:<level>     exists while a take waits for the level
--   counts             hash: `<level>:<state>` now, and `<level>:put`, `<level>:taken`, `<level>:completed` since ever
--   events:<id>        stream: changes and progress of a task that somebody watches
local prefix = KEYS[1]
local queue = string.match(prefix, '{(%d+)}')

local function whole(number) return string.format('%.0f', number) end

local function micros()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local function millis() return math.floor(micros() / 1000) end

local function task_key(id) return prefix .. 'task:' .. id end

local final = { succeeded = true, failed = true, timeout = true, cancelled = true }

local function count(level, what, by)
  redis.call('HINCRBY', prefix .. 'counts', level .. ':' .. what, by)
end

-- Allots `n` acceptance orders that nobody else has and returns the first.
local function allot(n)
  local first = math.max((tonumber(redis.call('GET', prefix .. 'accepted')) or 0) + 1, micros())
  redis.call('SET', prefix .. 'accepted', whole(first + n - 1))
  return first
end

-- Tells instances that takes of this level may find something. Nobody listens most of the time, hence the flag.
local function wake(level, n)
  if n > 0 and redis.call('EXISTS', prefix .. 'wanted:' .. level) == 1 then
    redis.call('PUBLISH', 'carillon:ready', queue .. ':' .. level .. ':' .. n)
  end
end

-- Writes an event for those who watch the task; without a watcher there is no stream and nothing is written.
local function event(id, kind, content)
  local key = prefix .. 'events:' .. id
  if redis.call('EXISTS', key) == 0 then return end
  redis.call('XADD', key, 'MAXLEN', '~', 2000, '*', 'kind', kind, 'content', content)
  redis.call('EXPIRE', key, 600)
  redis.call('PUBLISH', 'carillon:changed', id)
end

local function state_event(id, state, attempt)
  event(id, 'state', '{"state":"' .. state .. '","attempt":' .. (attempt or 0) .. ',"time":' .. whole(millis()) .. '}')
end

local function release_sequential(id, level)
  local key = prefix .. 'sequential:' .. level
  if redis.call('GET', key) == id then redis.call('DEL', key) end
end
