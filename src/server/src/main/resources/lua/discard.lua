-- Takes ended offline tasks out of the counts: somebody has removed them for good.
-- KEYS 1 queue   2 epoch
-- ARGV pairs: level, state
-- Returns nothing.
--#include shared/queue.lua
for i = 1, #ARGV, 2 do count(ARGV[i], ARGV[i + 1], -1) end
return {}
