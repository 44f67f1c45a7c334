-- Batches of lines, each of which is a task. Instants are milliseconds since 1970 by the servers' clocks.
CREATE TABLE batch (
  seq               BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  id                VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  owner             VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'public id of the API key',
  state             ENUM ('validating', 'failed', 'in_progress', 'finalizing', 'completed', 'expired', 'cancelling', 'cancelled') NOT NULL,
  ends_as           ENUM ('completed', 'expired', 'cancelled') NULL COMMENT 'what it will be when its files are written',
  endpoint          VARCHAR(256)  NOT NULL,
  input_file        VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  completion_window VARCHAR(16)   NOT NULL,
  metadata          TEXT          NULL COMMENT 'JSON, as it was given',
  output_life       INT UNSIGNED  NULL COMMENT 'seconds that output files live; NULL: for ever',
  webhook_url       VARCHAR(2048) NULL,
  retry_of          VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'the batch whose failed lines it runs again',
  wanted_queue      VARCHAR(128)  CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'as the request says',
  queue             INT UNSIGNED  NULL COMMENT 'once it was validated',
  model             TEXT          NULL,
  errors            MEDIUMTEXT    NULL COMMENT 'JSON',
  total             INT UNSIGNED  NOT NULL DEFAULT 0 COMMENT 'lines, once it was validated',
  -- how far the file was split into tasks: lines, and the byte after the last of them
  split_lines       INT UNSIGNED  NOT NULL DEFAULT 0,
  split_offset      BIGINT        NOT NULL DEFAULT 0,
  paused            BOOLEAN       NOT NULL DEFAULT FALSE,
  -- ended batches; those that live are counted in batch_tally
  completed         INT UNSIGNED  NOT NULL DEFAULT 0,
  failed            INT UNSIGNED  NOT NULL DEFAULT 0,
  tokens            VARCHAR(255)  CHARACTER SET ascii NULL COMMENT 'JSON: usage',
  output_file       VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NULL,
  error_file        VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at        BIGINT        NOT NULL,
  expires_at        BIGINT        NOT NULL,
  in_progress_at    BIGINT        NULL,
  finalizing_at     BIGINT        NULL,
  cancelling_at     BIGINT        NULL,
  ended_at          BIGINT        NULL COMMENT 'completed, failed, expired or cancelled',
  -- when somebody has to look at it; NULL when it has ended
  next_at           BIGINT        NULL,
  -- the lease of the instance that works on it, and its fence
  claim             BIGINT        NOT NULL DEFAULT 0,
  claimed_until     BIGINT        NOT NULL DEFAULT 0,
  idempotency_key   VARCHAR(255)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  request           BINARY(32)    NULL COMMENT 'SHA-256 of the request that came with the key',
  PRIMARY KEY (seq),
  UNIQUE KEY batch_id (id),
  UNIQUE KEY batch_idempotency (owner, idempotency_key),
  KEY by_owner (owner, seq),
  KEY by_due (next_at),
  KEY by_input (input_file, ended_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- How many lines of a batch that lives have ended: rows are only added, by the transactions that end tasks, so that these
-- never wait for each other, and added up from time to time.
CREATE TABLE batch_tally (
  id        BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  batch_id  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  completed INT UNSIGNED NOT NULL,
  failed    INT UNSIGNED NOT NULL,
  withdrawn INT UNSIGNED NOT NULL COMMENT 'neither: the batch was cancelled or expired first',
  PRIMARY KEY (id),
  KEY by_batch (batch_id)
) ENGINE = InnoDB;

ALTER TABLE task
  ADD COLUMN line INT UNSIGNED NULL COMMENT 'which line of its batch it is, from 1',
  ADD UNIQUE KEY by_line (batch_id, line);
