-- 16 keys with 512 characters each have more bytes than TEXT when the characters are emoji.
ALTER TABLE batch MODIFY metadata MEDIUMTEXT NULL COMMENT 'JSON, as it was given';
