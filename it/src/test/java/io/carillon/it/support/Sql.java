package io.carillon.it.support;

import io.carillon.standalone.Standalone;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** What a test does to MariaDB behind the server's back. */
public final class Sql {
    private Sql() {}

    public static void execute(Standalone carillon, String sql) {
        try (Connection connection = DriverManager.getConnection(
                        carillon.mariaDb().url(),
                        carillon.mariaDb().user(),
                        carillon.mariaDb().password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
