-- Settings are read and written as a whole, so they are one JSON object; what is not in it is as usual.
ALTER TABLE queue
  ADD COLUMN settings         JSON   NOT NULL DEFAULT '{}',
  ADD COLUMN settings_version BIGINT NOT NULL DEFAULT 0 COMMENT 'counts changes; the copy in Redis has it too',
  ADD COLUMN epoch            BIGINT NOT NULL DEFAULT 0 COMMENT 'counts how often Redis was rebuilt';
