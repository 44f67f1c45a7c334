-- Each change of state costs an entry in each key that has the state in it, so that is one only, and one more for tasks of
-- a group. Open tasks are found by their expiry where ended ones are found by their end, and waiting tasks of a group where
-- those without one have no value. by_queue has the group too, so that what waits without one is found without reading the
-- rows of the others. This copies the table; instances of an older version are best stopped first.
ALTER TABLE task
  ADD COLUMN waiting_group VARCHAR(128) AS (IF(state = 'waiting', task_group, NULL)) STORED,
  DROP KEY by_expiry,
  DROP KEY by_group,
  DROP KEY by_queue,
  DROP KEY by_end,
  ADD KEY by_queue (queue, level, state, accepted, task_group),
  ADD KEY by_group (waiting_group, queue, level, accepted),
  ADD KEY by_end (queue, ended, expires);
