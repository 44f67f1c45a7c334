-- Takes an online request of a key out of those that are queued or run now.
-- KEYS 1 the key's online requests: see quota-hold
-- ARGV 1 task id
-- Returns 1 taken out, 0 it was not there.
return redis.call('ZREM', KEYS[1], ARGV[1])
