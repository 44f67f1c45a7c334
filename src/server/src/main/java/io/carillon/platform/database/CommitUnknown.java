package io.carillon.platform.database;

import java.sql.SQLException;

/** A COMMIT failed on the way: the work may be on disk or not. Whoever needs to know looks its rows up. */
public class CommitUnknown extends RuntimeException {
    public CommitUnknown(SQLException cause) {
        super("The outcome of a COMMIT is unknown", cause);
    }
}
