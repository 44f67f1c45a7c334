package io.carillon.stream;

import io.carillon.platform.database.Database;
import java.security.SecureRandom;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.HexFormat;

/**
 * What all instances share about the event bus; the first that asks makes it.
 *
 * @param password the workers'
 * @param seal known to instances only; see {@link Seal}
 */
record BusSecrets(String password, String seal) {
    static BusSecrets of(Database database) {
        return database.transaction(connection -> {
            try (PreparedStatement insert =
                    connection.prepareStatement("INSERT IGNORE INTO event_bus (id, password) VALUES (1, ?)")) {
                insert.setString(1, random());
                insert.executeUpdate();
            }
            try (PreparedStatement update =
                    connection.prepareStatement("UPDATE event_bus SET seal = ? WHERE id = 1 AND seal IS NULL")) {
                update.setString(1, random());
                update.executeUpdate();
            }
            // Locking, so that it sees what another instance has just made.
            try (Statement select = connection.createStatement();
                    ResultSet row =
                            select.executeQuery("SELECT password, seal FROM event_bus WHERE id = 1 FOR UPDATE")) {
                row.next();
                return new BusSecrets(row.getString(1), row.getString(2));
            }
        });
    }

    private static String random() {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    /** Without them. */
    @Override
    public String toString() {
        return "BusSecrets";
    }
}
