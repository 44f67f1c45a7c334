-- One row: what all instances tell the workers, so that it stays right when instances come and go.
CREATE TABLE event_bus (
  id       TINYINT UNSIGNED NOT NULL,
  password VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (id)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
