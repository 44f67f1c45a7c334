package io.carillon.retention;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;

/** The rows of servers that started long ago go. Nobody reads them; the newest stay all the same, so that a person may. */
class OldInstances implements Sweep {
    private static final int KEPT = 100;

    private final Duration age;
    private final Clock clock;

    /** @param age zero for ever */
    OldInstances(Duration age, Clock clock) {
        this.age = age;
        this.clock = clock;
    }

    @Override
    public int remove(Connection connection, int most) throws SQLException {
        if (age.isZero() || age.isNegative()) {
            return 0;
        }
        long newest;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT MAX(id) FROM instance")) {
            row.next();
            newest = row.getLong(1);
        }
        try (PreparedStatement delete =
                connection.prepareStatement("DELETE FROM instance WHERE id <= ? AND started < ? ORDER BY id LIMIT ?")) {
            delete.setLong(1, newest - KEPT);
            delete.setLong(2, clock.millis() - age.toMillis());
            delete.setInt(3, most);
            return delete.executeUpdate();
        }
    }
}
