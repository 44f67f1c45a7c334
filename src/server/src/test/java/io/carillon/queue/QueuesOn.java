package io.carillon.queue;

import io.carillon.platform.database.Database;
import jakarta.persistence.PersistenceException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Queues without a container: the same table, read by JDBC. */
public final class QueuesOn {
    private QueuesOn() {}

    public static Queues database(Database database, Clock clock) {
        return new Queues(new JdbcRows(database), clock);
    }

    private static final class JdbcRows extends QueueRows {
        private static final String SELECT =
                "SELECT id, name, endpoint, created_by, created_at, modified_by, modified_at FROM queue ";
        private final Database database;

        JdbcRows(Database database) {
            this.database = database;
        }

        @Override
        public Queue insert(QueueName name, String endpoint, String by, long now) {
            try {
                return database.transaction(connection -> {
                    try (PreparedStatement insert = connection.prepareStatement(
                            "INSERT INTO queue (name, endpoint, created_by, created_at, modified_by, modified_at)"
                                    + " VALUES (?, ?, ?, ?, ?, ?)",
                            Statement.RETURN_GENERATED_KEYS)) {
                        insert.setString(1, name.text());
                        insert.setString(2, endpoint);
                        insert.setString(3, by);
                        insert.setLong(4, now);
                        insert.setString(5, by);
                        insert.setLong(6, now);
                        insert.executeUpdate();
                        try (ResultSet keys = insert.getGeneratedKeys()) {
                            keys.next();
                            return new Queue(keys.getInt(1), name, endpoint, by, now, by, now);
                        }
                    }
                });
            } catch (RuntimeException failure) {
                throw new PersistenceException(failure);
            }
        }

        @Override
        public Optional<Queue> find(QueueName name) {
            return read(SELECT + "WHERE name = ?", name.text()).stream().findFirst();
        }

        @Override
        public List<Queue> all() {
            return read(SELECT + "ORDER BY id");
        }

        private List<Queue> read(String sql, String... values) {
            return database.transaction(connection -> {
                try (PreparedStatement select = connection.prepareStatement(sql)) {
                    for (int i = 0; i < values.length; i++) {
                        select.setString(i + 1, values[i]);
                    }
                    List<Queue> queues = new ArrayList<>();
                    try (ResultSet rows = select.executeQuery()) {
                        while (rows.next()) {
                            queues.add(queue(rows));
                        }
                    }
                    return queues;
                }
            });
        }

        private static Queue queue(ResultSet row) throws SQLException {
            return new Queue(
                    row.getInt(1),
                    new QueueName(row.getString(2)),
                    row.getString(3),
                    row.getString(4),
                    row.getLong(5),
                    row.getString(6),
                    row.getLong(7));
        }
    }
}
