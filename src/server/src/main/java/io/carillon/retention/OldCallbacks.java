package io.carillon.retention;

import io.carillon.callback.Callbacks;
import java.sql.Connection;
import java.sql.SQLException;

/** Callbacks that were delivered or given up long ago go, with their delivery logs; online tasks leave no other rows. */
class OldCallbacks implements Sweep {
    private final Ages ages;

    OldCallbacks(Ages ages) {
        this.ages = ages;
    }

    @Override
    public int remove(Connection connection, int most) throws SQLException {
        return Callbacks.forgetOld(connection, ages::oldest, most);
    }
}
