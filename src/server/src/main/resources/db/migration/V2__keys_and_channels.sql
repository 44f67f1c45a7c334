-- Instants are milliseconds since 1970, UTC: they mean the same in every session's time zone.

CREATE TABLE api_key (
    id        VARCHAR(32)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'public, ck_...',
    hash      BINARY(32)     NOT NULL COMMENT 'SHA-256 of the key',
    name      VARCHAR(128)   CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    roles     VARCHAR(64)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'with commas',
    queues    VARCHAR(16000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'with commas; empty: all',
    created   BIGINT         NOT NULL,
    expires   BIGINT         NULL,
    revoked   BIGINT         NULL,
    last_used BIGINT         NULL COMMENT 'to the minute',
    PRIMARY KEY (id),
    UNIQUE KEY api_key_hash (hash),
    KEY api_key_created (created, id)
) ENGINE = InnoDB;

CREATE TABLE channel (
    model      VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    endpoint   VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'NULL: every endpoint',
    queue_name VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    modified   BIGINT       NOT NULL,
    PRIMARY KEY (model)
) ENGINE = InnoDB;
