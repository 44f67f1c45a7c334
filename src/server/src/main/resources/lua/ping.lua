-- Answers. Asked by a probe, over the connections that everything else uses.
-- KEYS 1 any
-- Returns 'PONG'.
return redis.call('PING').ok
