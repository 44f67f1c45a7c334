-- Allots acceptance orders for tasks that are about to be written to MariaDB.
-- KEYS 1 queue   2 epoch
-- ARGV 1 how many
-- Returns the first, in microseconds; the others follow it one by one.
--#include shared/queue.lua
return whole(allot(tonumber(ARGV[1])))
