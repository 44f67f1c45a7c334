package io.carillon.callback;

import io.carillon.platform.database.Database;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secrets with which callbacks are signed, of API keys and of queues. Callbacks for which neither has one are sent
 * unsigned. A change counts for every attempt that begins after it, on all instances. Safe for many threads.
 */
public class CallbackSecrets {
    private static final Logger LOG = LoggerFactory.getLogger(CallbackSecrets.class);
    private static final int BYTES = 32;
    /** Each is one more signature in a header. */
    private static final int MOST = 8;

    private static final String COLUMNS = "SELECT id, created_at, expires_at FROM callback_secret WHERE owner = ?";

    private final Database database;
    private final SecureRandom random = new SecureRandom();

    public CallbackSecrets(Database database) {
        this.database = database;
    }

    /**
     * A secret that was just made.
     *
     * @param text the secret as Standard Webhooks libraries want it, {@code whsec_...}; it is not shown again
     */
    public record Issued(CallbackSecret secret, String text) {
        /** Without the secret: a log must not learn it. */
        @Override
        public String toString() {
            return "Issued[" + secret.number() + "]";
        }
    }

    /**
     * Makes a new secret. For a while callbacks are signed with those before it too.
     *
     * @param oldOnes how long the secrets before it are still used; not negative
     * @throws Refused {@link Reason#CONFLICT} when too many are still used, {@link Reason#UNAVAILABLE}
     */
    public Issued rotate(SecretOwner owner, Duration oldOnes) {
        byte[] secret = new byte[BYTES];
        random.nextBytes(secret);
        CallbackSecret made = database.transaction(connection -> {
            retire(connection, owner, oldOnes);
            if (count(connection, owner) >= MOST) {
                throw new Refused(
                        Reason.CONFLICT,
                        "Callbacks are signed with " + MOST
                                + " secrets already; delete one that nobody checks with first");
            }
            return insert(connection, owner, secret);
        });
        LOG.info("Callback secret {} was made for {}", made.number(), owner);
        return new Issued(made, "whsec_" + Base64.getEncoder().encodeToString(secret));
    }

    private static void retire(Connection connection, SecretOwner owner, Duration oldOnes) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(
                "DELETE FROM callback_secret WHERE owner = ? AND expires_at <= " + CallbackTable.NOW)) {
            delete.setString(1, owner.text());
            delete.executeUpdate();
        }
        try (PreparedStatement expire = connection.prepareStatement("UPDATE callback_secret SET expires_at = "
                + CallbackTable.NOW + " + ? WHERE owner = ? AND expires_at > " + CallbackTable.NOW + " + ?")) {
            expire.setLong(1, oldOnes.toMillis());
            expire.setString(2, owner.text());
            expire.setLong(3, oldOnes.toMillis());
            expire.executeUpdate();
        }
    }

    private static int count(Connection connection, SecretOwner owner) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT COUNT(*) FROM callback_secret WHERE owner = ? AND expires_at > " + CallbackTable.NOW)) {
            select.setString(1, owner.text());
            try (ResultSet rows = select.executeQuery()) {
                rows.next();
                return rows.getInt(1);
            }
        }
    }

    private static CallbackSecret insert(Connection connection, SecretOwner owner, byte[] secret) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO callback_secret (owner, secret, created_at, expires_at) VALUES (?, ?, " + CallbackTable.NOW
                        + ", " + Long.MAX_VALUE + ")",
                Statement.RETURN_GENERATED_KEYS)) {
            insert.setString(1, owner.text());
            insert.setBytes(2, secret);
            insert.executeUpdate();
            try (ResultSet keys = insert.getGeneratedKeys()) {
                keys.next();
                return one(connection, owner, keys.getLong(1)).orElseThrow();
            }
        }
    }

    private static Optional<CallbackSecret> one(Connection connection, SecretOwner owner, long number)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(COLUMNS + " AND id = ?")) {
            select.setString(1, owner.text());
            select.setLong(2, number);
            return read(select).stream().findFirst();
        }
    }

    private static List<CallbackSecret> read(PreparedStatement select) throws SQLException {
        List<CallbackSecret> secrets = new ArrayList<>();
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                long expires = rows.getLong(3);
                secrets.add(new CallbackSecret(
                        rows.getLong(1),
                        Instant.ofEpochMilli(rows.getLong(2)),
                        expires == Long.MAX_VALUE ? Optional.empty() : Optional.of(Instant.ofEpochMilli(expires))));
            }
        }
        return secrets;
    }

    /** Those that sign now, newest first. */
    public List<CallbackSecret> list(SecretOwner owner) {
        return database.transaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                    COLUMNS + " AND expires_at > " + CallbackTable.NOW + " ORDER BY id DESC")) {
                select.setString(1, owner.text());
                return read(select);
            }
        });
    }

    /**
     * Signs nothing with this secret any more.
     *
     * @return the secret that is gone
     * @throws Refused {@link Reason#UNKNOWN} when the owner has no such secret, {@link Reason#UNAVAILABLE}
     */
    public CallbackSecret delete(SecretOwner owner, long number) {
        CallbackSecret gone = database.transaction(connection -> {
            CallbackSecret found = one(connection, owner, number)
                    .orElseThrow(() -> new Refused(Reason.UNKNOWN, "There is no such callback secret", "secret_id"));
            try (PreparedStatement delete = connection.prepareStatement("DELETE FROM callback_secret WHERE id = ?")) {
                delete.setLong(1, number);
                delete.executeUpdate();
            }
            return found;
        });
        LOG.info("Callback secret {} of {} was deleted", number, owner);
        return gone;
    }

    /**
     * Removes secrets that sign nothing any more, in the caller's transaction.
     *
     * @return how many, at most {@code most}
     * @throws SQLException when a statement failed; then the transaction is to be rolled back
     */
    public static int deleteExpired(Connection connection, int most) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(
                "DELETE FROM callback_secret WHERE expires_at <= " + CallbackTable.NOW + " LIMIT ?")) {
            delete.setInt(1, most);
            return delete.executeUpdate();
        }
    }
}
