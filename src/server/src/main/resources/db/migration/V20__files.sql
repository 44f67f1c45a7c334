-- Files that clients and batches keep; the bytes are a blob in the file store. Instants are milliseconds since 1970 by this
-- database's clock.
CREATE TABLE stored_file (
  -- the order in which files were made; pages go by it
  number  BIGINT        NOT NULL AUTO_INCREMENT,
  id      VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  owner   VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'public id of the API key',
  purpose VARCHAR(32)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name    VARCHAR(512)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  bytes   BIGINT        NOT NULL,
  sha256  BINARY(32)    NOT NULL,
  blob_id CHAR(32)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created BIGINT        NOT NULL,
  expires BIGINT        NULL COMMENT 'null: never',
  -- deleted or expired: nobody sees it any more, and it goes when nobody holds it
  gone    BOOLEAN       NOT NULL DEFAULT 0,
  PRIMARY KEY (number),
  UNIQUE KEY by_id (id),
  KEY by_owner (owner, gone, number),
  KEY by_end (gone, expires)
) ENGINE = InnoDB;

-- Who still reads a file, so that its bytes stay although it was deleted: a batch, until it has split its input.
CREATE TABLE file_hold (
  file   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  holder VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (file, holder)
) ENGINE = InnoDB;

-- Blobs that belong to nothing: those being written, whose writer moves "due" on while it lives, and those to be removed. A
-- blob is written down here before its first byte, so that none can be lost sight of.
CREATE TABLE loose_blob (
  id       CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  due      BIGINT   NOT NULL COMMENT 'from when on it may be removed',
  -- somebody is about to remove it, so nothing may begin to use it
  removing BOOLEAN  NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY by_due (due)
) ENGINE = InnoDB;
