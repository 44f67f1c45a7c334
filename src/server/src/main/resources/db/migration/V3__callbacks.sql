-- One row for each callback that a completed task owes. Instants are milliseconds since 1970 by this database's clock.
CREATE TABLE callback (
    id           BIGINT        NOT NULL AUTO_INCREMENT,
    task_id      VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    -- the public id of the key that put the task
    owner        VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    url          VARCHAR(2048) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    -- host:port of the url, so that each receiver has a line of its own
    host         VARCHAR(255)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    trace_id     VARCHAR(128)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    size         INT           NOT NULL,
    state        ENUM ('pending', 'delivered', 'failed') NOT NULL,
    attempts     INT           NOT NULL DEFAULT 0,
    -- attempts made before the last replay: its schedule begins anew, the numbers go on
    replayed_at  INT           NOT NULL DEFAULT 0,
    -- pending: when the next attempt is due. An instance that claims the row moves this to the end of its claim, so
    -- claimed rows are out of the way of the scan for due ones, and those of a dead instance come due by themselves.
    next_at      BIGINT        NOT NULL,
    -- the claim's fence: a number of the instance that claimed it, 0 for none
    claimed_by   BIGINT        NOT NULL DEFAULT 0,
    retry_until  BIGINT        NOT NULL,
    created_at   BIGINT        NOT NULL,
    delivered_at BIGINT        NULL,
    last_status  SMALLINT      NULL,
    last_error   VARCHAR(255)  CHARACTER SET utf8mb4 NULL,
    body         MEDIUMBLOB    NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY callback_task (task_id),
    KEY callback_due (state, host, next_at)
) ENGINE = InnoDB;

-- The delivery log: each attempt that was made, and how the receiver answered.
CREATE TABLE callback_attempt (
    callback_id BIGINT          NOT NULL,
    attempt     INT             NOT NULL,
    ended_at    BIGINT          NOT NULL,
    took_ms     INT             NOT NULL,
    status      SMALLINT        NULL,
    error       VARCHAR(255)    CHARACTER SET utf8mb4 NULL,
    -- the first part of the receiver's answer
    answer      VARBINARY(1024) NULL,
    PRIMARY KEY (callback_id, attempt)
) ENGINE = InnoDB;

-- What the callbacks of a key are signed with; all that have not expired, so that a secret can be exchanged.
CREATE TABLE callback_secret (
    id         BIGINT        NOT NULL AUTO_INCREMENT,
    owner      VARCHAR(64)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    secret     VARBINARY(64) NOT NULL,
    created_at BIGINT        NOT NULL,
    expires_at BIGINT        NOT NULL,
    PRIMARY KEY (id),
    KEY callback_secret_owner (owner, expires_at)
) ENGINE = InnoDB;
