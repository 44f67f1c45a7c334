-- Batches that ended long ago are removed in the order in which they ended.
ALTER TABLE batch ADD KEY by_end (ended_at);
