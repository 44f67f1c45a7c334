-- What a task says about its attempts (NULL: as its queue says), where it stands between them, and its group.
ALTER TABLE task
  MODIFY max_lost         INT NULL COMMENT 'as a take has said; NULL: as the queue says',
  ADD COLUMN task_group      VARCHAR(128) NULL,
  ADD COLUMN max_attempts    INT NULL,
  ADD COLUMN backoff         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'type:delay:max:jitter, in ms',
  ADD COLUMN attempt_timeout BIGINT NULL COMMENT 'ms',
  ADD COLUMN failures        INT NOT NULL DEFAULT 0,
  ADD COLUMN due             BIGINT NULL COMMENT 'scheduled: when it may be taken',
  ADD COLUMN sequential      BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'running: whether it holds the lock of its level',
  ADD KEY by_group (task_group, queue, level, state, accepted),
  ADD KEY by_due (due, state);

-- Attempts that ended without ending their task. How the last one ended stands with the task.
CREATE TABLE task_attempt (
  task_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  attempt INT NOT NULL,
  worker  VARCHAR(128) NOT NULL,
  started BIGINT NOT NULL,
  ended   BIGINT NOT NULL,
  outcome ENUM ('lost', 'failed', 'overdue', 'released', 'replayed') NOT NULL,
  error   VARCHAR(1000) NOT NULL,
  PRIMARY KEY (task_id, attempt, outcome)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Tasks that were given up, until somebody replays or discards them.
CREATE TABLE dead_letter (
  task_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  queue   INT UNSIGNED NOT NULL,
  owner   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  died    BIGINT NOT NULL,
  error   VARCHAR(1000) NULL,
  PRIMARY KEY (task_id),
  KEY by_queue (queue, died, task_id),
  KEY by_owner (owner, died, task_id),
  KEY by_time (died, task_id)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
