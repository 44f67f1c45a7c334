package io.carillon.callback;

import io.carillon.platform.database.Database;
import java.security.SecureRandom;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.Base64;

/**
 * The secrets with which the callbacks of a key are signed. A key without one sends its callbacks unsigned. Safe for many
 * threads.
 */
public class CallbackSecrets {
    private static final int BYTES = 32;

    private final Database database;
    private final SecureRandom random = new SecureRandom();

    public CallbackSecrets(Database database) {
        this.database = database;
    }

    /**
     * Makes a new secret. For a while callbacks are signed with the old ones too.
     *
     * @param owner public id of the key whose callbacks it signs
     * @param oldOnes how long the secrets before it are still used
     * @return the secret as Standard Webhooks libraries want it ({@code whsec_...}); it is not shown again
     */
    public String rotate(String owner, Duration oldOnes) {
        byte[] secret = new byte[BYTES];
        random.nextBytes(secret);
        database.transaction(connection -> {
            try (PreparedStatement expire = connection.prepareStatement("UPDATE callback_secret SET expires_at = "
                    + CallbackTable.NOW + " + ? WHERE owner = ? AND expires_at > " + CallbackTable.NOW + " + ?")) {
                expire.setLong(1, oldOnes.toMillis());
                expire.setString(2, owner);
                expire.setLong(3, oldOnes.toMillis());
                expire.executeUpdate();
            }
            try (PreparedStatement insert = connection.prepareStatement(
                    "INSERT INTO callback_secret (owner, secret, created_at, expires_at) VALUES (?, ?, "
                            + CallbackTable.NOW + ", " + Long.MAX_VALUE + ")")) {
                insert.setString(1, owner);
                insert.setBytes(2, secret);
                insert.executeUpdate();
            }
            return null;
        });
        return "whsec_" + Base64.getEncoder().encodeToString(secret);
    }
}
