-- Attempts that Redis gave out and then forgot, before MariaDB heard of them: a task that was accepted before the epoch was
-- opened may have had such. They are fewer than this, so numbers that are as much higher were given to nobody.
local UNNOTICED = 100

local accepted_before = tonumber(redis.call('GET', prefix .. 'opened') or 0)

-- The least number of a task's next attempt; nil when the next one will do.
local function floor_of(accepted, attempt)
  return tonumber(accepted) <= accepted_before and attempt + UNNOTICED or nil
end
