-- What a key may use at once. NULL: as the server's configuration says; -1: without limit.
ALTER TABLE api_key
    ADD COLUMN quota_queued_requests     BIGINT NULL,
    ADD COLUMN quota_live_batches        BIGINT NULL,
    ADD COLUMN quota_stored_bytes        BIGINT NULL,
    ADD COLUMN quota_requests_per_minute BIGINT NULL;

-- What each key uses now. Changed in the transaction that makes or ends what is counted, so the two never differ.
CREATE TABLE quota_usage (
    key_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'ck_...',
    quota  VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'queued_requests, live_batches, stored_bytes',
    used   BIGINT      NOT NULL,
    PRIMARY KEY (key_id, quota)
) ENGINE = InnoDB;
