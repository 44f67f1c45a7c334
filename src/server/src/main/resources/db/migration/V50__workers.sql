-- Workers that have said that they live. Instants are milliseconds since 1970 by this database's clock, but for started and
-- drain, which are the worker's: they tell one run of it from the next.
CREATE TABLE worker (
  id         VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  key_id     VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'public id of its API key',
  report     MEDIUMTEXT         CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'JSON; null when it reports nothing',
  started    BIGINT       NOT NULL,
  first_seen BIGINT       NOT NULL,
  last_seen  BIGINT       NOT NULL,
  drain      BIGINT       NULL COMMENT 'started of the run that shall finish',
  PRIMARY KEY (id),
  KEY by_last_seen (last_seen),
  KEY by_drain (drain)
) ENGINE = InnoDB;
