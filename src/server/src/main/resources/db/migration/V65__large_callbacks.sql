-- As large as the body of a request may be, CARILLON_BODY_LIMIT, which may be more than the 16 MB of a MEDIUMBLOB.
ALTER TABLE callback MODIFY COLUMN body LONGBLOB NOT NULL;
