-- Hands back a failed attempt: running -> waiting or scheduled, while the task may fail once more.
-- KEYS 1 queue   2 epoch
-- ARGV 1 task id   2 level   3 the attempt that failed, or '' for whichever runs   4 delay in ms, or '' for the backoff
--      5 why, in words   6 a random number from 0 to 1
-- Returns 1 it waits again, 2 it does so already, 3 it has failed for the last time and is to be given up, 0 unknown,
--      -1 ended, -2 on a newer attempt; then, when 1: attempt, failures so far, due time (ms) or 0.
--#include shared/queue.lua
--#include shared/ready.lua
--#include shared/running.lua
local id, level = ARGV[1], ARGV[2]
local task = read_running(id)
if not task.state then return { 0 } end
if final[task.state] then return { -1 } end
if ARGV[3] ~= '' and tonumber(ARGV[3]) < tonumber(task.attempt) then return { -2 } end
if task.state ~= 'running' then return { 2 } end
local on, failures, due = fail_attempt(id, level, task, 'failed', ARGV[5], ARGV[4], ARGV[6])
if not on then return { 3 } end
return { 1, tonumber(task.attempt), failures, due }
