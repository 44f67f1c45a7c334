package io.carillon.callback;

import io.carillon.platform.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The table of callbacks. All instants in it are written and compared by the database's clock. Safe for many threads.
 *
 * <p>Claims and outcomes each cost a fixed number of statements for a batch of hundreds.
 */
class CallbackTable {
    static final String NOW = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000";
    /** Grouped by state too: only then does MariaDB jump from host to host in the index. */
    static final String DUE_HOSTS = "SELECT host, MIN(next_at) AS first FROM callback WHERE state = 'pending'"
            + " GROUP BY state, host HAVING first <= " + NOW;

    private static final int ROWS_PER_INSERT = 200;
    private static final int BYTES_PER_INSERT = 2 << 20;
    private static final int HOSTS_PER_CLAIM = 50;
    private static final int MOST_COUNTED = 100_000;

    private final Database database;

    CallbackTable(Database database) {
        this.database = database;
    }

    /** What one claim brought, and whether more is due that it did not bring. */
    record Claim(List<Delivery> deliveries, boolean more, String lastHost) {}

    private record Due(
            long id,
            String taskId,
            String owner,
            int queue,
            String url,
            String host,
            String traceId,
            int size,
            int attempts,
            int replayedAt,
            long left) {}

    /**
     * Writes callbacks in the caller's transaction; those of a task that has one already are left out.
     *
     * @param retryFor how long each may be tried
     */
    void insert(Connection connection, List<OwedCallback> owed, Duration retryFor) throws SQLException {
        int from = 0;
        while (from < owed.size()) {
            int to = from;
            long bytes = 0;
            do {
                bytes += owed.get(to++).body().length;
            } while (to < owed.size()
                    && to - from < ROWS_PER_INSERT
                    && bytes + owed.get(to).body().length <= BYTES_PER_INSERT);
            insertTogether(connection, owed.subList(from, to), retryFor);
            from = to;
        }
    }

    private static void insertTogether(Connection connection, List<OwedCallback> owed, Duration retryFor)
            throws SQLException {
        String row = "(?, ?, ?, ?, ?, ?, ?, 'pending', " + NOW + ", " + NOW + " + " + retryFor.toMillis() + ", " + NOW
                + ", ?)";
        // not INSERT IGNORE: that would also cut values which are too long and swallow every other error
        String sql =
                "INSERT INTO callback (task_id, owner, queue, url, host, trace_id, size, state, next_at, retry_until,"
                        + " created_at, body) VALUES " + String.join(", ", Collections.nCopies(owed.size(), row))
                        + " ON DUPLICATE KEY UPDATE id = id";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            int i = 1;
            for (OwedCallback callback : owed) {
                insert.setString(i++, callback.taskId());
                insert.setString(i++, callback.owner());
                insert.setInt(i++, callback.queue());
                insert.setString(i++, cut(callback.url(), Target.MAX_LENGTH));
                insert.setString(i++, hostOf(callback.url()));
                insert.setString(i++, cut(callback.traceId(), 128));
                insert.setInt(i++, callback.body().length);
                insert.setBytes(i++, callback.body());
            }
            insert.executeUpdate();
        }
    }

    /** A URL that cannot be read must not break the transaction of whoever completed the task; its delivery fails. */
    private static String hostOf(String url) {
        try {
            return cut(Target.of(url).hostAndPort(), 255);
        } catch (RuntimeException unreadable) {
            return "";
        }
    }

    private static String cut(String text, int length) {
        return text == null || text.length() <= length ? text : text.substring(0, length);
    }

    /**
     * Takes callbacks that are due, oldest first for each host, and keeps other instances off them for a while.
     *
     * @param claimant a number that no other instance has
     * @param limit how many at most
     * @param slots how many may go to each host, and how many bytes in all
     * @param after the host at which the last claim ended, so that the hosts take turns
     */
    Claim claim(long claimant, int limit, Slots slots, Duration hold, String after) {
        return database.transaction(connection -> {
            try (Statement statement = connection.createStatement()) {
                // the default level would lock the gaps into which completions insert
                statement.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
            }
            List<String> waiting = inTurn(dueHosts(connection), after);
            List<String> hosts =
                    waiting.stream().filter(host -> slots.roomFor(host) > 0).toList();
            boolean more = hosts.size() < waiting.size();
            String last = after;
            List<Due> taken = new ArrayList<>();
            int share = Math.max(1, limit / Math.max(1, Math.min(hosts.size(), HOSTS_PER_CLAIM)));
            long bytes = slots.freeBytes();
            int asked = 0;
            for (String host : hosts) {
                if (asked++ == HOSTS_PER_CLAIM || taken.size() >= limit || bytes <= 0) {
                    more = true;
                    break;
                }
                int room = Math.min(Math.min(share, limit - taken.size()), slots.roomFor(host));
                List<Due> due = due(connection, host, room);
                more |= due.size() == room;
                for (Due row : due) {
                    if (row.size() > bytes && !(taken.isEmpty() && slots.idle())) {
                        more = true;
                        break;
                    }
                    bytes -= row.size();
                    taken.add(row);
                }
                last = host;
            }
            if (taken.isEmpty()) {
                return new Claim(List.of(), more, last);
            }
            return new Claim(claimed(connection, claimant, taken, hold), more, last);
        });
    }

    /** The hosts for which something is due; reads one index entry for each host that waits for anything. */
    private static List<String> dueHosts(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(DUE_HOSTS)) {
            List<String> hosts = new ArrayList<>();
            while (rows.next()) {
                hosts.add(rows.getString(1));
            }
            return hosts;
        }
    }

    private static List<String> inTurn(List<String> hosts, String after) {
        int start = 0;
        while (start < hosts.size() && hosts.get(start).compareTo(after) <= 0) {
            start++;
        }
        List<String> turned = new ArrayList<>(hosts.subList(start, hosts.size()));
        turned.addAll(hosts.subList(0, start));
        return turned;
    }

    private static List<Due> due(Connection connection, String host, int limit) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT id, task_id, owner, queue, url, trace_id, size, attempts, replayed_at, retry_until - (" + NOW
                        + ")"
                        + " FROM callback FORCE INDEX (callback_due)"
                        + " WHERE state = 'pending' AND host = ? AND next_at <= " + NOW
                        + " ORDER BY next_at LIMIT ? FOR UPDATE SKIP LOCKED")) {
            select.setString(1, host);
            select.setInt(2, limit);
            try (ResultSet rows = select.executeQuery()) {
                List<Due> due = new ArrayList<>();
                while (rows.next()) {
                    due.add(new Due(
                            rows.getLong(1),
                            rows.getString(2),
                            rows.getString(3),
                            rows.getInt(4),
                            rows.getString(5),
                            host,
                            rows.getString(6),
                            rows.getInt(7),
                            rows.getInt(8),
                            rows.getInt(9),
                            rows.getLong(10)));
                }
                return due;
            }
        }
    }

    private static List<Delivery> claimed(Connection connection, long claimant, List<Due> taken, Duration hold)
            throws SQLException {
        String ids = ids(taken.stream().map(Due::id).toList());
        Map<Long, byte[]> bodies = new HashMap<>();
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("UPDATE callback SET claimed_by = " + claimant + ", attempts = attempts + 1,"
                    + " next_at = " + NOW + " + " + hold.toMillis() + " WHERE id IN (" + ids + ")");
            try (ResultSet rows = statement.executeQuery("SELECT id, body FROM callback WHERE id IN (" + ids + ")")) {
                while (rows.next()) {
                    bodies.put(rows.getLong(1), rows.getBytes(2));
                }
            }
        }
        Map<SecretOwner, List<byte[]>> secrets = secrets(connection, taken);
        return taken.stream()
                .map(due -> new Delivery(
                        due.id(),
                        due.taskId(),
                        due.url(),
                        due.host(),
                        due.traceId(),
                        due.attempts() + 1,
                        due.attempts() + 1 - due.replayedAt(),
                        Duration.ofMillis(due.left()),
                        secretsFor(due, secrets),
                        bodies.get(due.id())))
                .toList();
    }

    /** The queue's, else those of the key that put the task. */
    private static List<byte[]> secretsFor(Due due, Map<SecretOwner, List<byte[]>> secrets) {
        List<byte[]> ofQueue = secrets.get(SecretOwner.ofQueue(due.queue()));
        return ofQueue != null ? ofQueue : secrets.getOrDefault(SecretOwner.ofKey(due.owner()), List.of());
    }

    private static Map<SecretOwner, List<byte[]>> secrets(Connection connection, List<Due> taken) throws SQLException {
        List<String> owners = taken.stream()
                .flatMap(due -> Stream.of(SecretOwner.ofQueue(due.queue()), SecretOwner.ofKey(due.owner())))
                .map(SecretOwner::text)
                .distinct()
                .toList();
        try (PreparedStatement select = connection.prepareStatement("SELECT owner, secret FROM callback_secret"
                + " WHERE owner IN (" + String.join(", ", Collections.nCopies(owners.size(), "?")) + ")"
                + " AND expires_at > " + NOW + " ORDER BY id DESC")) {
            for (int i = 0; i < owners.size(); i++) {
                select.setString(i + 1, owners.get(i));
            }
            try (ResultSet rows = select.executeQuery()) {
                Map<SecretOwner, List<byte[]>> secrets = new HashMap<>();
                while (rows.next()) {
                    secrets.computeIfAbsent(new SecretOwner(rows.getString(1)), owner -> new ArrayList<>())
                            .add(rows.getBytes(2));
                }
                return secrets;
            }
        }
    }

    /** Writes down what came of attempts. Doing it twice does no harm. */
    void record(long claimant, List<Ended> ended) {
        database.transaction(connection -> {
            // without the fence of the claim: a success is one, even if another instance is already trying again
            Map<Integer, List<Long>> delivered = ended.stream()
                    .filter(e -> e.next() == Ended.Next.DELIVERED)
                    .collect(Collectors.groupingBy(
                            e -> e.answer().status(),
                            Collectors.mapping(e -> e.delivery().id(), Collectors.toList())));
            try (Statement statement = connection.createStatement()) {
                for (Map.Entry<Integer, List<Long>> same : delivered.entrySet()) {
                    statement.executeUpdate("UPDATE callback SET state = 'delivered', delivered_at = " + NOW
                            + ", claimed_by = 0, last_status = " + same.getKey()
                            + ", last_error = NULL WHERE state = 'pending' AND id IN (" + ids(same.getValue()) + ")");
                }
            }
            List<Ended> others =
                    ended.stream().filter(e -> e.next() != Ended.Next.DELIVERED).toList();
            if (!others.isEmpty()) {
                update(connection, claimant, others);
            }
            // one that was withdrawn meanwhile has no log
            Set<Long> kept = kept(connection, ended);
            log(
                    connection,
                    ended.stream()
                            .filter(e -> e.next() != Ended.Next.RELEASED
                                    && kept.contains(e.delivery().id()))
                            .toList());
            return null;
        });
    }

    private static Set<Long> kept(Connection connection, List<Ended> ended) throws SQLException {
        if (ended.isEmpty()) {
            return Set.of();
        }
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id FROM callback WHERE id IN ("
                        + ids(ended.stream().map(e -> e.delivery().id()).toList()) + ")")) {
            Set<Long> kept = new HashSet<>();
            while (rows.next()) {
                kept.add(rows.getLong(1));
            }
            return kept;
        }
    }

    private static void update(Connection connection, long claimant, List<Ended> ended) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE callback SET state = ?, next_at = " + NOW + " + ?, claimed_by = 0,"
                        + " attempts = attempts - ?, last_status = ?, last_error = ?"
                        + " WHERE id = ? AND claimed_by = ? AND state = 'pending'")) {
            for (Ended one : ended) {
                update.setString(1, one.next() == Ended.Next.FAILED ? "failed" : "pending");
                update.setLong(2, one.delay().toMillis());
                update.setInt(3, one.next() == Ended.Next.RELEASED ? 1 : 0);
                setStatus(update, 4, one.answer());
                update.setString(5, cut(one.answer().error(), 255));
                update.setLong(6, one.delivery().id());
                update.setLong(7, claimant);
                update.addBatch();
            }
            update.executeBatch();
        }
    }

    private static void log(Connection connection, List<Ended> ended) throws SQLException {
        if (ended.isEmpty()) {
            return;
        }
        String row = "(?, ?, " + NOW + ", ?, ?, ?, ?)";
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO callback_attempt (callback_id, attempt,"
                        + " ended_at, took_ms, status, error, answer) VALUES "
                        + String.join(", ", Collections.nCopies(ended.size(), row))
                        + " ON DUPLICATE KEY UPDATE attempt = VALUES(attempt)")) {
            int i = 1;
            for (Ended one : ended) {
                insert.setLong(i++, one.delivery().id());
                insert.setInt(i++, one.delivery().attempt());
                insert.setInt(i++, (int) Math.min(Integer.MAX_VALUE, one.took().toMillis()));
                setStatus(insert, i++, one.answer());
                insert.setString(i++, cut(one.answer().error(), 255));
                insert.setBytes(
                        i++,
                        one.answer().head().length == 0 ? null : one.answer().head());
            }
            insert.executeUpdate();
        }
    }

    private static void setStatus(PreparedStatement statement, int index, Answer answer) throws SQLException {
        if (answer.status() == 0) {
            statement.setNull(index, Types.SMALLINT);
        } else {
            statement.setInt(index, answer.status());
        }
    }

    /** How many callbacks are neither delivered nor given up; counts no further than 100,000. */
    long pending() {
        return database.transaction(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT COUNT(*) FROM (SELECT 1 FROM callback"
                            + " WHERE state = 'pending' LIMIT " + MOST_COUNTED + ") AS some")) {
                rows.next();
                return rows.getLong(1);
            }
        });
    }

    private static String ids(Collection<Long> ids) {
        return ids.stream().sorted().map(String::valueOf).collect(Collectors.joining(", "));
    }
}
