-- Hands back a task unharmed: running -> waiting, in its old place, with no lost lease and no failure counted.
-- KEYS 1 queue   2 epoch
-- ARGV 1 task id   2 level   3 the attempt that is handed back, or '' for whichever runs   4 why, in words, or ''
-- Returns 1 waits again, 2 it does so already, 0 unknown, -1 ended, -2 on a newer attempt; then, when 1: the attempt.
--#include shared/queue.lua
--#include shared/ready.lua
--#include shared/running.lua
local id, level = ARGV[1], ARGV[2]
local task = read_running(id)
if not task.state then return { 0 } end
if final[task.state] then return { -1 } end
if ARGV[3] ~= '' and tonumber(ARGV[3]) < tonumber(task.attempt) then return { -2 } end
if task.state ~= 'running' then return { 2 } end
record_attempt(id, level, task.attempt, task.worker, task.started, 'released', ARGV[4])
again(id, level, task.group or '', task.accepted, task.attempt, 0)
return { 1, tonumber(task.attempt) }
