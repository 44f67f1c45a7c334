-- Files that come in parts. Instants are milliseconds since 1970 by this database's clock.
CREATE TABLE upload (
  id        VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  owner     VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'public id of the API key',
  purpose   VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name      VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  mime_type VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  bytes     BIGINT       NOT NULL COMMENT 'as announced',
  life      BIGINT       NULL COMMENT 'seconds that the file will live; null: for ever',
  created   BIGINT       NOT NULL,
  expires   BIGINT       NOT NULL,
  state     ENUM ('pending', 'completed', 'cancelled', 'expired') NOT NULL,
  file      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (id),
  KEY by_end (state, expires)
) ENGINE = InnoDB;

CREATE TABLE upload_part (
  id      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  upload  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  bytes   BIGINT      NOT NULL,
  blob_id CHAR(32)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created BIGINT      NOT NULL,
  PRIMARY KEY (id),
  KEY by_upload (upload)
) ENGINE = InnoDB;
