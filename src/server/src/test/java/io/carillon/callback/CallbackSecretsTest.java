package io.carillon.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.database.Database;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.stores.SharedStores;
import java.time.Duration;
import java.util.Base64;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CallbackSecretsTest {
    private static final SecretOwner KEY = SecretOwner.ofKey("ck_1");
    private CallbackSecrets secrets;

    @BeforeEach
    void migrate() {
        DataSource source = SharedStores.mariaDb().freshDatabase();
        Flyway.configure()
                .dataSource(source)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        secrets = new CallbackSecrets(new Database(source));
    }

    @Test
    void secretIsOneThatStandardWebhooksLibrariesTake() {
        String text = secrets.rotate(KEY, Duration.ZERO).text();

        assertThat(text).startsWith("whsec_");
        assertThat(Base64.getDecoder().decode(text.substring(6))).hasSize(32);
        assertThat(secrets.rotate(KEY, Duration.ZERO).text()).isNotEqualTo(text);
    }

    @Test
    void oldSecretIsListedWithItsEndUntilThat() {
        secrets.rotate(KEY, Duration.ZERO);
        CallbackSecret old = secrets.rotate(KEY, Duration.ZERO).secret();
        CallbackSecret current = secrets.rotate(KEY, Duration.ofHours(2)).secret();

        assertThat(secrets.list(KEY))
                .extracting(CallbackSecret::number)
                .containsExactly(current.number(), old.number());
        assertThat(secrets.list(KEY).get(0).expires()).isEmpty();
        assertThat(secrets.list(KEY).get(1).expires().orElseThrow())
                .isBetween(
                        current.created().plus(Duration.ofMinutes(119)),
                        current.created().plus(Duration.ofMinutes(121)));
        assertThat(secrets.list(SecretOwner.ofQueue(1))).isEmpty();
    }

    @Test
    void secretIsDeletedByItsOwnerOnly() {
        CallbackSecret mine = secrets.rotate(KEY, Duration.ZERO).secret();

        assertThatThrownBy(() -> secrets.delete(SecretOwner.ofKey("ck_2"), mine.number()))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.UNKNOWN));
        assertThat(secrets.list(KEY)).containsExactly(mine);
        assertThat(secrets.delete(KEY, mine.number())).isEqualTo(mine);
        assertThat(secrets.list(KEY)).isEmpty();
    }

    @Test
    void signaturesOfAHeaderStayFew() {
        CallbackSecret last = null;
        for (int i = 0; i < 8; i++) {
            last = secrets.rotate(KEY, Duration.ofDays(1)).secret();
        }

        assertThatThrownBy(() -> secrets.rotate(KEY, Duration.ofDays(1)))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.CONFLICT));
        secrets.delete(KEY, last.number());
        secrets.rotate(KEY, Duration.ofDays(1));
    }
}
