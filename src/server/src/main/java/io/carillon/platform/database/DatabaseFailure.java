package io.carillon.platform.database;

import java.sql.SQLException;

/** A statement failed although the database answers: a defect, or data that its schema does not allow. */
public class DatabaseFailure extends RuntimeException {
    /** MariaDB's {@code ER_DUP_ENTRY}. */
    private static final int DUPLICATE = 1062;

    public DatabaseFailure(SQLException cause) {
        super(cause.getMessage(), cause);
    }

    /** Whether a row was to be inserted that is there already, by one of its keys. */
    public boolean isDuplicate() {
        return isDuplicate((SQLException) getCause());
    }

    /** As {@link #isDuplicate()}, within the work. */
    public static boolean isDuplicate(SQLException failure) {
        return failure.getErrorCode() == DUPLICATE;
    }
}
