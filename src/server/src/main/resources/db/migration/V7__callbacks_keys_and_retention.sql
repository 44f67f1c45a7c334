-- Callbacks know their queue: its secret signs them, and people look for them by it.
ALTER TABLE callback ADD COLUMN queue INT UNSIGNED NOT NULL DEFAULT 0 AFTER owner;
UPDATE callback SET queue = SUBSTRING_INDEX(SUBSTRING_INDEX(task_id, '-', 2), '-', -1)
 WHERE task_id RLIKE '^TASK-[0-9]{1,9}-';
ALTER TABLE callback ADD KEY callback_owner (owner, state), ADD KEY callback_queue (queue, state);

-- A secret is a key's (owner is its public id) or a queue's (owner is 'queue ' and its number).
ALTER TABLE callback_secret COMMENT 'owner: ck_... or "queue <number>"';

-- The Idempotency-Keys under which tasks were put. Instants are milliseconds since 1970 by this database's clock.
CREATE TABLE idempotency_key (
  owner      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'public id of the API key',
  name       VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  body       BINARY(32)   NOT NULL COMMENT 'SHA-256 of the request',
  task_id    VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  put        BOOLEAN      NOT NULL COMMENT 'whether the task is there',
  -- whose put is under way, and until when nobody else may take it over
  holder     BIGINT       NOT NULL,
  held_until BIGINT       NOT NULL,
  expires    BIGINT       NOT NULL,
  PRIMARY KEY (owner, name),
  KEY by_expiry (expires)
) ENGINE = InnoDB;

-- Retention finds the oldest ended tasks of a queue without a look at any other.
ALTER TABLE task ADD KEY by_end (queue, ended);

-- One row: who locks it may remove what is old, once it is due again.
CREATE TABLE retention (
  id  TINYINT UNSIGNED NOT NULL,
  due BIGINT           NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB;
INSERT INTO retention (id, due) VALUES (1, 0);
