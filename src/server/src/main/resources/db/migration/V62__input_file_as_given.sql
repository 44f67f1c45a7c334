-- A request may name what can be no file at all; it is echoed as it was given.
ALTER TABLE batch MODIFY input_file VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;
