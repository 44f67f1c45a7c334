-- Instants are UTC: in milliseconds since 1970, acceptance orders in microseconds.

CREATE TABLE queue (
  id                  INT UNSIGNED NOT NULL AUTO_INCREMENT,
  name                VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  endpoint            VARCHAR(256) NOT NULL,
  created_by          VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at          BIGINT NOT NULL,
  modified_by         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  modified_at         BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY name (name)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Offline tasks. Online ones live in Redis alone.
CREATE TABLE task (
  id           VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  queue        INT UNSIGNED NOT NULL,
  level        TINYINT UNSIGNED NOT NULL,
  accepted     BIGINT NOT NULL,
  state        ENUM ('scheduled', 'waiting', 'running', 'succeeded', 'failed', 'timeout', 'cancelled') NOT NULL,
  owner        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  endpoint     VARCHAR(256) NOT NULL,
  data         LONGBLOB NOT NULL,
  callback_url VARCHAR(2048) NULL,
  trace_id     VARCHAR(128) NULL,
  batch_id     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  custom_id    VARCHAR(512) NULL,
  expires      BIGINT NOT NULL,
  attempt      INT NOT NULL DEFAULT 0,
  lost         INT NOT NULL DEFAULT 0,
  max_lost     INT NOT NULL,
  worker       VARCHAR(128) NULL,
  deadline     BIGINT NULL,
  started      BIGINT NULL,
  ended        BIGINT NULL,
  result       LONGBLOB NULL,
  error        VARCHAR(1000) NULL,
  PRIMARY KEY (id),
  KEY by_queue (queue, level, state, accepted),
  KEY by_owner (owner, accepted),
  KEY by_expiry (state, expires)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Every start of a server. The number in task ids is the id's last four digits.
CREATE TABLE instance (
  id        INT UNSIGNED NOT NULL AUTO_INCREMENT,
  name      VARCHAR(128) NOT NULL,
  started   BIGINT NOT NULL,
  PRIMARY KEY (id)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
