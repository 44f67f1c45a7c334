package io.carillon.queue;

import io.carillon.platform.database.Database;
import io.carillon.platform.redis.Scripts;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/** Queues without a container: the same table, read by JDBC. */
public final class QueuesOn {
    private QueuesOn() {}

    /** Settings stay in MariaDB. */
    public static Queues database(Database database, Clock clock) {
        return new Queues(new JdbcRows(database), new NoCopy(), clock);
    }

    /** Settings are copied to Redis. */
    public static Queues stores(Database database, Scripts scripts, Clock clock) {
        return new Queues(new JdbcRows(database), new SettingsCopy(scripts), clock);
    }

    private static final class NoCopy extends SettingsCopy {
        NoCopy() {
            super(null);
        }

        @Override
        CompletionStage<Boolean> write(Queue queue) {
            return CompletableFuture.completedStage(false);
        }
    }

    private static final class JdbcRows extends QueueRows {
        private static final String SELECT =
                "SELECT id, name, endpoint, created_by, created_at, modified_by, modified_at,"
                        + " settings, settings_version FROM queue ";
        private final Database database;

        JdbcRows(Database database) {
            super(null);
            this.database = database;
        }

        @Override
        Queue insert(QueueName name, String endpoint, String by, long now) {
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
        }

        @Override
        Optional<Queue> change(QueueName name, UnaryOperator<QueueSettings> change, String by, long now) {
            return database.transaction(connection -> {
                Optional<Queue> before = read(connection, SELECT + "WHERE name = ? FOR UPDATE", name.text()).stream()
                        .findFirst();
                if (before.isPresent()) {
                    QueueSettings after = change.apply(before.get().settings());
                    if (!after.equals(before.get().settings())) {
                        try (PreparedStatement update = connection.prepareStatement(
                                "UPDATE queue SET settings = ?, settings_version = settings_version + 1,"
                                        + " modified_by = ?, modified_at = ? WHERE id = ?")) {
                            update.setString(1, SettingsFields.json(after));
                            update.setString(2, by);
                            update.setLong(3, now);
                            update.setInt(4, before.get().number());
                            update.executeUpdate();
                        }
                    }
                }
                return read(connection, SELECT + "WHERE name = ?", name.text()).stream()
                        .findFirst();
            });
        }

        @Override
        Optional<Queue> find(QueueName name) {
            return read(SELECT + "WHERE name = ?", name.text()).stream().findFirst();
        }

        @Override
        Optional<Queue> find(int number) {
            return read(SELECT + "WHERE id = ?", Integer.toString(number)).stream()
                    .findFirst();
        }

        @Override
        List<Queue> named(Collection<QueueName> names) {
            return readAll("name", names.stream().map(QueueName::text).toList());
        }

        @Override
        List<Queue> numbered(Collection<Integer> numbers) {
            return readAll("id", numbers.stream().map(Object::toString).toList());
        }

        private List<Queue> readAll(String column, List<String> values) {
            String marks = String.join(",", Collections.nCopies(values.size(), "?"));
            return read(SELECT + "WHERE " + column + " IN (" + marks + ")", values.toArray(String[]::new));
        }

        @Override
        List<Queue> all() {
            return read(SELECT + "ORDER BY id");
        }

        private List<Queue> read(String sql, String... values) {
            return database.transaction(connection -> read(connection, sql, values));
        }

        private static List<Queue> read(Connection connection, String sql, String... values) throws SQLException {
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
        }

        private static Queue queue(ResultSet row) throws SQLException {
            return new Queue(
                    row.getInt(1),
                    new QueueName(row.getString(2)),
                    row.getString(3),
                    row.getString(4),
                    row.getLong(5),
                    row.getString(6),
                    row.getLong(7),
                    SettingsFields.settings(row.getString(8)),
                    row.getLong(9));
        }
    }
}
