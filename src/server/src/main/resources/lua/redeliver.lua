-- Takes back a lease that ran out: running -> waiting, in its old place, while the task may lose another lease. An attempt
-- that used up its own time has failed instead, and waits for its backoff.
-- KEYS 1 queue   2 epoch
-- ARGV 1 task id   2 level   3 the attempt whose lease ran out   4 a random number from 0 to 1
-- Returns 1 waits again, 0 not lapsed (renewed, ended, or already back), -1 it has lost its last lease, -2 it has failed
--      for the last time; then, when 1: failures so far, lost leases so far, due time (ms) or 0.
--#include shared/queue.lua
--#include shared/ready.lua
--#include shared/running.lua
local id, level = ARGV[1], ARGV[2]
local task = read_running(id)
if not task.state then
  redis.call('ZREM', prefix .. 'leased', id)
  return { 0 }
end
local now = millis()
if task.state ~= 'running' or task.attempt ~= ARGV[3] or tonumber(task.deadline) > now then return { 0 } end
if task.attempt_timeout and tonumber(task.started) + tonumber(task.attempt_timeout) <= now then
  local on, failures, due = fail_attempt(id, level, task, 'overdue', 'The attempt took longer than it may', '', ARGV[4])
  if not on then return { -2 } end
  return { 1, failures, tonumber(task.lost or 0), due }
end
-- Whoever counted the last failure died before it could give the task up.
local most = tonumber(task.max_attempts or setting('max_attempts') or 3)
if most >= 0 and tonumber(task.failures or 0) >= most then return { -2 } end
local allowed, lost = tonumber(task.max_lost or setting('max_lost') or 5), tonumber(task.lost or 0)
record_attempt(id, level, task.attempt, task.worker, task.started, 'lost', '')
if allowed >= 0 and lost >= allowed then return { -1 } end
redis.call('HSET', task_key(id), 'lost', lost + 1)
count(level, 'redelivered', 1)
again(id, level, task.group or '', task.accepted, task.attempt, 0)
return { 1, tonumber(task.failures or 0), lost + 1, '0' }
