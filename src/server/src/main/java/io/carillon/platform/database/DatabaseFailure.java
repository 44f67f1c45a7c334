package io.carillon.platform.database;

import java.sql.SQLException;

/** A statement failed although the database answers: a defect, or data that its schema does not allow. */
public class DatabaseFailure extends RuntimeException {
    public DatabaseFailure(SQLException cause) {
        super(cause.getMessage(), cause);
    }
}
