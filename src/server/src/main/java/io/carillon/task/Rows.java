package io.carillon.task;

import io.carillon.platform.database.Database;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Reads rows, each query in a transaction of its own. Blocks. Safe for many threads. */
final class Rows {
    /** What is made of a row. */
    @FunctionalInterface
    interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    private final Database database;

    Rows(Database database) {
        this.database = database;
    }

    <T> List<T> read(String sql, List<?> values, Reader<T> reader) {
        return database.transaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                for (int i = 0; i < values.size(); i++) {
                    select.setObject(i + 1, values.get(i));
                }
                List<T> rows = new ArrayList<>();
                try (ResultSet found = select.executeQuery()) {
                    while (found.next()) {
                        rows.add(reader.read(found));
                    }
                }
                return rows;
            }
        });
    }

    /** Sets a parameter to a number, or to {@code NULL} when it is not above 0. */
    static void setPositive(PreparedStatement statement, int index, long value) throws SQLException {
        if (value > 0) {
            statement.setLong(index, value);
        } else {
            statement.setNull(index, Types.BIGINT);
        }
    }

    /** The same row so often, for {@code VALUES}. */
    static String of(String row, int count) {
        return String.join(", ", Collections.nCopies(count, row));
    }

    /** Question marks for {@code IN (...)}. */
    static String marks(int count) {
        return String.join(", ", Collections.nCopies(count, "?"));
    }
}
