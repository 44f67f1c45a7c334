-- What every script of a queue begins with. KEYS[1] is the queue's prefix, `carillon:{12}:`; all keys that a script
-- touches begin with it and so lie in one slot. KEYS[2], if there is one, is the key of the epoch that the caller knows:
-- Redis lacks it, or has it of another run, when it has lost its memory or got that of another time. Then nothing may be
-- done here before the queue was rebuilt from MariaDB. The names of a queue's keys (Java's `Keys` has those that it reads):
--   epoch              the epoch that was opened last
--   epoch:<n>          on which run of Redis the queue's epoch was opened: time of its last save (s), run id,
--                      when that was looked at last (microseconds), how many bytes Redis used then, and may use at
--                      most by its own settings (0: as many as there are)
--   opened             the highest acceptance order that was given out before the epoch was opened, if any was
--   settings           hash: the queue's settings, those that are not the default
--   accepted           the last acceptance order given out, in microseconds
--   task:<id>          hash: the task, its state and its current attempt; `size` is the length of its data if that is large
--                      and not here
--   left:<id>          exists for a while after an offline task ended, so that who read its row before does not bring it
--                      back, and whoever ended it does not count it twice: `held` when the task was here then, else
--                      `unheld`, for then it may be that it was not said here yet that it was put
--   ready:<level>[:<group>]  sorted set by acceptance order: what waits
--   groups:<level>     sorted set by turn: groups with waiting tasks; exists only while groups are in use
--   turn:<level>       the last turn given out
--   blocked:<level>    set: groups that would be in the ring if as many of their tasks as may be did not run already
--   stopped            set: groups of which nothing is taken for now
--   running            hash: how many tasks of each group run
--   rate[:<group>]     list: when the latest tasks were taken (microseconds), newest first
--   scheduled          sorted set by due time (ms): what waits for its time
--   leased             sorted set by deadline (ms): what runs
--   expiry             sorted set by expire time (ms): online tasks that have not ended
--   online             sorted set by acceptance order: online tasks that can still be read
--   held:<instance>    set: tasks whose callers that instance holds
--   owed               set: ended online tasks whose callback is not in MariaDB yet
--   dead               set: `<task id>:<attempt>`, online tasks that were given up and are not in MariaDB yet, nor is the
--                      callback that they owe
--   unwritten          hash: attempts of offline tasks that ended without ending their task, not in MariaDB yet
--   sequential:<level> the task that holds the level's sequential lock
--   wanted:<level>     exists while a take waits for the level
--   window             hash: `<level>` offline tasks that wait here, `<level>:bytes` their data, and the room for both,
--                      `<level>:limit` and `<level>:room`; `<level>:looked`, how far `overflow` was last looked through
--   overflow:<level>   hash: groups of which tasks wait in MariaDB only, `<oldest>:<newest>` such (acceptance order)
--   refilling:<level>  whose turn it is to bring what waits in MariaDB only; expires
--   counts             hash: `<level>:<state>` now, and `<level>:put`, `<level>:taken`, `<level>:completed` since ever
--   events:<id>        stream: changes and progress of a task that somebody watches
--   watched            exists while any of those streams may
local prefix = KEYS[1]

-- The time of this call, which is read once.
local clock
local function micros()
  if not clock then
    local time = redis.call('TIME')
    clock = time[1] * 1000000 + time[2]
  end
  return clock
end

local function millis() return math.floor(micros() / 1000) end

-- Which run of which server this is. A restart may have lost the last second, a replica that became master the last few
-- writes, so neither is what the epoch was opened on. To ask for it costs as much as a small script, so it is asked again
-- only when the last time is a while ago: no server comes back, and no replica takes over, in less. The time of the last
-- save is cheap to read, and a new run begins with its own; a save during a run changes it too, which whoever opens epochs
-- finds out.
local function run_of_redis()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

local function memory_of_redis()
  local info = redis.call('INFO', 'memory')
  return string.match(info, 'used_memory:(%d+)'), string.match(info, 'maxmemory:(%d+)')
end

local function opened_now(run)
  return redis.call('LASTSAVE') .. ' ' .. run .. ' ' .. string.format('%.0f', micros()) .. ' '
    .. table.concat({ memory_of_redis() }, ' ')
end

local used_memory, most_memory
if KEYS[2] then
  local saved, run, checked
  saved, run, checked, used_memory, most_memory =
    string.match(redis.call('GET', KEYS[2]) or '', '^(%d+) (%x+) (%d+) (%d+) (%d+)$')
  local current = saved == tostring(redis.call('LASTSAVE'))
  if current and math.abs(micros() - checked) > 100000 then
    current = run == run_of_redis()
    if current then redis.call('SET', KEYS[2], opened_now(run)) end
  end
  if not current then return redis.error_reply('STALE the queue must be rebuilt') end
end
local queue = string.match(prefix, '{(%d+)}')

local function whole(number) return string.format('%.0f', number) end

local function append(list, ...)
  for _, value in ipairs({ ... }) do list[#list + 1] = value end
end

-- Adds members to a sorted set, given as scores and members: not more with one command than Lua can pass.
local function add_all(key, scored)
  for from = 1, #scored, 1000 do
    redis.call('ZADD', key, unpack(scored, from, math.min(#scored, from + 999)))
  end
end

-- A command for all of a set's members: not more at once than Lua can pass.
local function for_all(command, key, members)
  for from = 1, #members, 1000 do
    redis.call(command, key, unpack(members, from, math.min(#members, from + 999)))
  end
end

-- The list of that name among others, which is empty when it is asked for first.
local function list_of(lists, name)
  lists[name] = lists[name] or {}
  return lists[name]
end

local function task_key(id) return prefix .. 'task:' .. id end

local final = { succeeded = true, failed = true, timeout = true, cancelled = true }

local function setting(name) return redis.call('HGET', prefix .. 'settings', name) or nil end

-- A script for many tasks begins with `defer` and ends with `write_deferred`, so that a count changes once and not for each.
local deferred

local function defer() deferred = { counts = {}, window = {} } end

local function write_deferred()
  for hash, fields in pairs(deferred) do
    for field, by in pairs(fields) do
      if by ~= 0 then redis.call('HINCRBY', prefix .. hash, field, by) end
    end
  end
  defer()
end

local function increase(hash, field, by)
  if deferred then
    deferred[hash][field] = (deferred[hash][field] or 0) + by
  else
    redis.call('HINCRBY', prefix .. hash, field, by)
  end
end

local function count(level, what, by) increase('counts', level .. ':' .. what, by) end

-- Takes an ended online task out of the counts, if they have it: those of online tasks begin anew when Redis loses them.
local function uncount(level, state)
  if tonumber(redis.call('HGET', prefix .. 'counts', level .. ':' .. state) or 0) > 0 then count(level, state, -1) end
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

-- Keeps the stream of a watched task for a while.
local function keep_events(key)
  redis.call('EXPIRE', key, 600)
  redis.call('SET', prefix .. 'watched', 1, 'EX', 600)
end

local watched
local function is_watched(id)
  if watched == nil then watched = redis.call('EXISTS', prefix .. 'watched') == 1 end
  return watched and redis.call('EXISTS', prefix .. 'events:' .. id) == 1
end

local function write_event(id, kind, content)
  local key = prefix .. 'events:' .. id
  redis.call('XADD', key, 'MAXLEN', '~', 2000, '*', 'kind', kind, 'content', content)
  keep_events(key)
  redis.call('PUBLISH', 'carillon:changed', id)
end

-- Writes an event for those who watch the task; without a watcher there is no stream and nothing is written.
local function event(id, kind, content)
  if is_watched(id) then write_event(id, kind, content) end
end

local function state_event(id, state, attempt)
  if not is_watched(id) then return end
  write_event(id, 'state',
    '{"state":"' .. state .. '","attempt":' .. (attempt or 0) .. ',"time":' .. whole(millis()) .. '}')
end

-- Who holds the lock of a level, when a task of it last was looked for.
local holders = {}

local function release_sequential(id, level)
  local key = prefix .. 'sequential:' .. level
  if holders[level] == nil then holders[level] = redis.call('GET', key) end
  if holders[level] == id then
    redis.call('DEL', key)
    holders[level] = false
  end
end
