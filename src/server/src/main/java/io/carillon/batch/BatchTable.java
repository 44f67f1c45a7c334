package io.carillon.batch;

import io.carillon.file.FileId;
import io.carillon.platform.database.Database;
import io.carillon.platform.database.DatabaseFailure;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.Json;
import io.carillon.platform.json.RawJson;
import io.carillon.quota.Quota;
import io.carillon.quota.Quotas;
import io.carillon.task.Tally;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * The table of batches. All instants in it are written and compared by the database's clock. Whoever works on a batch has
 * claimed its row for a while; each change names the claim, so one who is late changes nothing. Safe for many threads.
 */
class BatchTable {
    /** How long a claim holds unless it is renewed; so long is a batch left alone when its instance dies. */
    static final Duration CLAIM = Duration.ofSeconds(12);

    static final String NOW = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)";
    private static final String SELECT =
            "SELECT seq, id, owner, state, ends_as, endpoint, input_file, completion_window, metadata, output_life,"
                    + " webhook_url, wanted_queue, queue, model, errors, total, split_lines, split_offset, paused,"
                    + " completed, failed, tokens, output_file, error_file, created_at, expires_at, in_progress_at,"
                    + " finalizing_at, cancelling_at, ended_at, retry_of, claim FROM batch ";
    private static final Duration ONCE_FOR = Duration.ofHours(24);

    private final Database database;
    private final Quotas quotas;

    BatchTable(Database database, Quotas quotas) {
        this.database = database;
        this.quotas = quotas;
    }

    /** A batch that is there, and whether it was there before because the same request had come before. */
    record Created(Batch batch, boolean before) {}

    /**
     * Writes a new batch, or finds the one that the same request wrote.
     *
     * @throws io.carillon.quota.QuotaReached when its owner has too many already
     * @throws Refused {@link Reason#CONFLICT} when another request came with its key
     */
    Created insert(BatchId id, NewBatch wanted) {
        try {
            return tryInsert(id, wanted);
        } catch (DatabaseFailure failure) {
            if (wanted.once().isEmpty() || !failure.isDuplicate()) {
                throw failure;
            }
            // the same request came twice at once, and the other was first
            return tryInsert(id, wanted);
        }
    }

    private Created tryInsert(BatchId id, NewBatch wanted) {
        return database.transaction(connection -> {
            if (wanted.once().isPresent()) {
                Optional<Batch> earlier =
                        earlier(connection, wanted.owner(), wanted.once().get());
                if (earlier.isPresent()) {
                    return new Created(earlier.get(), true);
                }
            }
            quotas.admit(connection, wanted.owner(), Quota.LIVE_BATCHES, 1);
            write(connection, id, wanted);
            return new Created(one(connection, id.text(), false).orElseThrow(), false);
        });
    }

    /**
     * The batch that the same request wrote before.
     *
     * @throws Refused {@link Reason#CONFLICT} when another request came with its key
     */
    Optional<Batch> earlier(String owner, NewBatch.Once once) {
        return database.transaction(connection -> earlier(connection, owner, once));
    }

    private static Optional<Batch> earlier(Connection connection, String owner, NewBatch.Once once)
            throws SQLException {
        try (PreparedStatement forget = connection.prepareStatement(
                "UPDATE batch SET idempotency_key = NULL, request = NULL WHERE owner = ? AND idempotency_key = ?"
                        + " AND created_at <= " + NOW + " - " + ONCE_FOR.toMillis())) {
            forget.setString(1, owner);
            forget.setString(2, once.key());
            forget.executeUpdate();
        }
        Optional<Batch> earlier =
                read(connection, SELECT + "WHERE owner = ? AND idempotency_key = ?", owner, once.key()).stream()
                        .findFirst();
        if (earlier.isPresent()
                && !Arrays.equals(request(connection, earlier.get().id()), once.request())) {
            throw new Refused(
                    Reason.CONFLICT,
                    "This Idempotency-Key was used for another request; a new request needs a new key.",
                    null,
                    null,
                    "idempotency_key_reused");
        }
        return earlier;
    }

    private static byte[] request(Connection connection, BatchId id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT request FROM batch WHERE id = ?")) {
            select.setString(1, id.text());
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getBytes(1);
            }
        }
    }

    /** Batches that ended before {@code before} (ms since 1970) go, at most so many; their files have lives of their own. */
    static int forgetOld(Connection connection, long before, int most) throws SQLException {
        return update(connection, "DELETE FROM batch WHERE ended_at < ? ORDER BY ended_at LIMIT ?", before, most);
    }

    private static void write(Connection connection, BatchId id, NewBatch wanted) throws SQLException {
        // A second is the unit on the wire, so the window begins with one.
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO batch (id, owner, state, endpoint, input_file, completion_window, metadata, output_life,"
                        + " webhook_url, wanted_queue, retry_of, idempotency_key, request, created_at, expires_at,"
                        + " next_at) SELECT ?, ?, 'validating', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, n.now, n.now + ?, n.now"
                        + " FROM (SELECT " + NOW + " AS now) AS n")) {
            insert.setString(1, id.text());
            insert.setString(2, wanted.owner());
            insert.setString(3, wanted.endpoint());
            insert.setString(4, wanted.inputFile());
            insert.setString(5, wanted.window());
            insert.setString(
                    6, wanted.metadata() == null ? null : wanted.metadata().text());
            insert.setObject(7, wanted.outputLife().map(Duration::toSeconds).orElse(null), Types.BIGINT);
            insert.setString(8, wanted.webhookUrl());
            insert.setString(9, wanted.wantedQueue());
            insert.setString(10, wanted.retryOf());
            insert.setString(11, wanted.once().map(NewBatch.Once::key).orElse(null));
            insert.setBytes(12, wanted.once().map(NewBatch.Once::request).orElse(null));
            insert.setLong(13, wanted.life().toMillis());
            insert.executeUpdate();
        }
    }

    Optional<Batch> find(BatchId id) {
        // A batch that ends takes its counts into its row.
        return database.snapshot(connection -> one(connection, id.text(), false));
    }

    /**
     * Batches, newest first.
     *
     * @param owner empty for all
     * @param after the place after which to begin
     */
    List<Batch> list(Optional<String> owner, OptionalLong after, int most) {
        StringBuilder where = new StringBuilder("WHERE TRUE");
        List<Object> values = new ArrayList<>();
        owner.ifPresent(of -> {
            where.append(" AND owner = ?");
            values.add(of);
        });
        after.ifPresent(seq -> {
            where.append(" AND seq < ?");
            values.add(seq);
        });
        values.add(most);
        return database.snapshot(connection ->
                counted(connection, read(connection, SELECT + where + " ORDER BY seq DESC LIMIT ?", values.toArray())));
    }

    private static Optional<Batch> one(Connection connection, String id, boolean lock) throws SQLException {
        return counted(connection, read(connection, SELECT + "WHERE id = ?" + (lock ? " FOR UPDATE" : ""), id)).stream()
                .findFirst();
    }

    private static List<Batch> counted(Connection connection, List<Batch> batches) throws SQLException {
        List<String> live = batches.stream()
                .filter(batch -> batch.total() > 0 && !batch.state().isFinal())
                .map(batch -> batch.id().text())
                .toList();
        if (live.isEmpty()) {
            return batches;
        }
        Map<String, Tally.Counts> counts = Tally.counts(connection, live);
        return batches.stream()
                .map(batch -> live.contains(batch.id().text())
                        ? batch.with(counts.getOrDefault(batch.id().text(), Tally.Counts.NONE))
                        : batch)
                .toList();
    }

    private static List<Batch> read(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                select.setObject(i + 1, values[i]);
            }
            List<Batch> batches = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    batches.add(batch(rows));
                }
            }
            return batches;
        }
    }

    private static Batch batch(ResultSet row) throws SQLException {
        Integer queue = row.getObject("queue", Integer.class);
        Long outputLife = row.getObject("output_life", Long.class);
        return new Batch(
                row.getLong("seq"),
                new BatchId(row.getString("id")),
                row.getString("owner"),
                BatchState.of(row.getString("state")),
                Optional.ofNullable(row.getString("ends_as")).map(BatchState::of),
                row.getString("endpoint"),
                row.getString("input_file"),
                row.getString("completion_window"),
                json(row.getString("metadata")),
                Optional.ofNullable(outputLife).map(Duration::ofSeconds),
                row.getString("webhook_url"),
                row.getString("wanted_queue"),
                queue == null ? OptionalInt.empty() : OptionalInt.of(queue),
                row.getString("model"),
                json(row.getString("errors")),
                row.getInt("total"),
                row.getInt("split_lines"),
                row.getLong("split_offset"),
                row.getBoolean("paused"),
                new Tally.Counts(row.getInt("completed"), row.getInt("failed"), 0),
                json(row.getString("tokens")),
                Optional.ofNullable(row.getString("output_file")).map(FileId::new),
                Optional.ofNullable(row.getString("error_file")).map(FileId::new),
                Instant.ofEpochMilli(row.getLong("created_at")),
                Instant.ofEpochMilli(row.getLong("expires_at")),
                instant(row, "in_progress_at"),
                instant(row, "finalizing_at"),
                instant(row, "cancelling_at"),
                instant(row, "ended_at"),
                row.getString("retry_of"),
                row.getLong("claim"));
    }

    private static String json(List<LineError> errors) {
        return new String(Json.bytes(errors), StandardCharsets.UTF_8);
    }

    private static RawJson json(String text) {
        return text == null ? null : RawJson.of(text);
    }

    private static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, Long.class)).map(Instant::ofEpochMilli);
    }

    // --- who works on it
    // ------------------------------------------------------------------------------------------------

    /** Claims batches that somebody has to look at, the longest overdue first. */
    List<Batch> claimDue(int most) {
        return database.transaction(connection -> {
            try (Statement statement = connection.createStatement()) {
                // the default level would lock the gaps into which others insert
                statement.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
            }
            List<Batch> due = read(
                    connection,
                    SELECT + "WHERE next_at <= " + NOW + " AND claimed_until <= " + NOW
                            + " ORDER BY next_at LIMIT ? FOR UPDATE SKIP LOCKED",
                    most);
            return claimed(connection, due);
        });
    }

    /** Claims at most so many of these whose lines have all ended, so that the next step is due. */
    List<Batch> claimDone(Collection<String> ids, int most) {
        return database.transaction(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
            }
            List<Batch> done = read(
                    connection,
                    SELECT + "WHERE id IN (" + String.join(", ", Collections.nCopies(ids.size(), "?"))
                            + ") AND next_at IS NOT NULL AND claimed_until <= " + NOW
                            + " AND (split_lines = total OR state <> 'in_progress') AND split_lines <= (SELECT"
                            + " COALESCE(SUM(t.completed + t.failed + t.withdrawn), 0) FROM batch_tally t"
                            + " WHERE t.batch_id = batch.id) LIMIT " + most + " FOR UPDATE SKIP LOCKED",
                    ids.toArray());
            return claimed(connection, done);
        });
    }

    private static List<Batch> claimed(Connection connection, List<Batch> found) throws SQLException {
        if (found.isEmpty()) {
            return List.of();
        }
        List<Batch> claimed = new ArrayList<>(found.size());
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE batch SET claim = claim + 1, claimed_until = " + NOW + " + ? WHERE id = ?")) {
            for (Batch batch : found) {
                update.setLong(1, CLAIM.toMillis());
                update.setString(2, batch.id().text());
                update.executeUpdate();
            }
        }
        for (Batch batch : found) {
            one(connection, batch.id().text(), false).ifPresent(claimed::add);
        }
        return claimed;
    }

    /** Holds on to a batch; false when it is no longer the claimant's, or has gone on to another state meanwhile. */
    boolean renew(Batch batch) {
        return update(
                        "UPDATE batch SET claimed_until = " + NOW + " + ? WHERE id = ? AND claim = ? AND state = ?",
                        CLAIM.toMillis(),
                        batch.id().text(),
                        batch.claim(),
                        batch.state().word())
                == 1;
    }

    /**
     * Lets go of a batch, for somebody to look at it again after a while, or when it expires. An instance whose clock is
     * behind may think then that it has not expired yet, and must not look again without a pause.
     */
    void release(Batch batch, Duration pause) {
        update(
                "UPDATE batch SET claimed_until = 0, next_at = IF(state = ?, IF(state IN ('validating', 'in_progress'),"
                        + " LEAST(" + NOW + " + ?, GREATEST(" + NOW + " + 200, expires_at)), " + NOW + " + ?), " + NOW
                        + ") WHERE id = ? AND claim = ? AND next_at IS NOT NULL",
                batch.state().word(),
                pause.toMillis(),
                pause.toMillis(),
                batch.id().text(),
                batch.claim());
    }

    private int update(String sql, Object... values) {
        return database.transaction(connection -> update(connection, sql, values));
    }

    private static int update(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                update.setObject(i + 1, values[i]);
            }
            return update.executeUpdate();
        }
    }

    // --- what becomes of it
    // ---------------------------------------------------------------------------------------------

    /**
     * validating -> in_progress, in the caller's transaction.
     *
     * @throws io.carillon.quota.QuotaReached when its owner has too many requests already
     */
    boolean validated(Connection connection, Batch batch, int queue, Validator.Verdict verdict) throws SQLException {
        quotas.admit(connection, batch.owner(), Quota.QUEUED_REQUESTS, verdict.total());
        return update(
                        connection,
                        "UPDATE batch SET state = 'in_progress', in_progress_at = " + NOW
                                + ", queue = ?, model = ?, total = ? WHERE id = ? AND claim = ? AND state ="
                                + " 'validating'",
                        queue,
                        verdict.model(),
                        verdict.total(),
                        batch.id().text(),
                        batch.claim())
                == 1;
    }

    /** Notes that these lines are tasks, in the transaction that puts them; false when somebody else has gone on. */
    static boolean advance(Connection connection, Batch batch, int fromLines, int toLines, long toOffset)
            throws SQLException {
        return update(
                        connection,
                        "UPDATE batch SET split_lines = ?, split_offset = ?, claimed_until = " + NOW
                                + " + ? WHERE id = ? AND claim = ? AND state = 'in_progress' AND split_lines = ?",
                        toLines,
                        toOffset,
                        CLAIM.toMillis(),
                        batch.id().text(),
                        batch.claim(),
                        fromLines)
                == 1;
    }

    /** in_progress -> finalizing. */
    boolean finalizing(Batch batch, BatchState endsAs) {
        return update(
                        "UPDATE batch SET state = 'finalizing', ends_as = ?, finalizing_at = " + NOW
                                + " WHERE id = ? AND claim = ? AND state = 'in_progress'",
                        endsAs.word(),
                        batch.id().text(),
                        batch.claim())
                == 1;
    }

    /** Chooses the ids of the files, so that whoever writes them again after a crash writes the same. */
    void chooseFiles(Batch batch, FileId output, FileId error) {
        update(
                "UPDATE batch SET output_file = COALESCE(output_file, ?), error_file = COALESCE(error_file, ?)"
                        + " WHERE id = ? AND claim = ?",
                output.text(),
                error.text(),
                batch.id().text(),
                batch.claim());
    }

    /** To failed, with what is wrong; in the caller's transaction. */
    boolean failed(Connection connection, Batch batch, List<LineError> errors) throws SQLException {
        boolean failed = update(
                        connection,
                        "UPDATE batch SET state = 'failed', ended_at = " + NOW
                                + ", errors = ?, next_at = NULL, claimed_until = 0"
                                + " WHERE id = ? AND claim = ? AND state = 'validating'",
                        json(errors),
                        batch.id().text(),
                        batch.claim())
                == 1;
        if (failed) {
            quotas.release(connection, batch.owner(), Quota.LIVE_BATCHES, 1);
        }
        return failed;
    }

    /** To a final state, with what its files are and what went wrong; in the caller's transaction. */
    boolean ended(Connection connection, Batch batch, BatchState as, Finalizer.Written written, List<LineError> errors)
            throws SQLException {
        boolean ended = update(
                        connection,
                        "UPDATE batch SET state = ?, ended_at = " + NOW + ", completed = ?, failed = ?, tokens = ?,"
                                + " output_file = ?, error_file = ?, errors = ?, next_at = NULL, claimed_until = 0"
                                + " WHERE id = ? AND claim = ? AND state = ?",
                        as.word(),
                        written.completed(),
                        written.failed(),
                        written.usage() == null ? null : written.usage().text(),
                        written.output().map(FileId::text).orElse(null),
                        written.error().map(FileId::text).orElse(null),
                        errors.isEmpty() ? null : json(errors),
                        batch.id().text(),
                        batch.claim(),
                        batch.state().word())
                == 1;
        if (ended) {
            Tally.forget(connection, batch.id().text());
            quotas.release(connection, batch.owner(), Quota.LIVE_BATCHES, 1);
            if (batch.total() > 0) {
                quotas.release(connection, batch.owner(), Quota.QUEUED_REQUESTS, batch.total());
            }
        }
        return ended;
    }

    // --- what its owner does
    // --------------------------------------------------------------------------------------------

    /** What somebody's wish came to: the batch before and after it. */
    record Wished(Batch before, Batch after) {}

    /**
     * validating or in_progress -> cancelling; any other stays as it is.
     *
     * @param mine whether the batch is the caller's
     */
    Optional<Wished> cancel(BatchId id, Predicate<Batch> mine) {
        return wish(
                id,
                mine,
                batch -> batch.state().mayBecome(BatchState.CANCELLING)
                        ? "UPDATE batch SET state = 'cancelling', ends_as = 'cancelled', cancelling_at = " + NOW
                                + ", next_at = " + NOW + " WHERE id = ?"
                        : null);
    }

    /** Lets workers have no more lines of it, or have them again; one that is over stays as it is. */
    Optional<Wished> pause(BatchId id, Predicate<Batch> mine, boolean paused) {
        return wish(
                id,
                mine,
                batch -> batch.state() == BatchState.VALIDATING || batch.state() == BatchState.IN_PROGRESS
                        ? "UPDATE batch SET paused = " + paused + ", next_at = " + NOW + " WHERE id = ?"
                        : null);
    }

    private interface Change {
        String of(Batch batch);
    }

    private Optional<Wished> wish(BatchId id, Predicate<Batch> mine, Change change) {
        return database.transaction(connection -> {
            Optional<Batch> before = one(connection, id.text(), true).filter(mine);
            if (before.isEmpty()) {
                return Optional.empty();
            }
            String sql = change.of(before.get());
            if (sql == null) {
                return Optional.of(new Wished(before.get(), before.get()));
            }
            update(connection, sql, id.text());
            return one(connection, id.text(), false).map(after -> new Wished(before.get(), after));
        });
    }
}
