package io.carillon.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    @Test
    void withoutAnythingTheStoresAreEmbeddedAndOnlyThisMachineIsAnswered() {
        Settings settings = Settings.of(Map.of());

        assertThat(settings.bind()).isEqualTo("127.0.0.1");
        assertThat(settings.port()).isEqualTo(8080);
        assertThat(settings.dataDirectory()).isEqualTo(Path.of("data").toAbsolutePath());
        assertThat(settings.adminKey()).isEmpty();
        assertThat(settings.redis()).isEmpty();
        assertThat(settings.database()).isEmpty();
        assertThat(settings.javaOptions()).containsExactly("-Xmx1g");
    }

    @Test
    void anEmptyVariableCountsAsNone() {
        Settings settings = Settings.of(Map.of("CARILLON_HTTP_PORT", " ", "CARILLON_REDIS_URL", ""));

        assertThat(settings.port()).isEqualTo(8080);
        assertThat(settings.redis()).isEmpty();
    }

    @Test
    void storesOfSomebodyElseAreTakenFromTheEnvironment() {
        Settings settings = Settings.of(Map.of(
                "CARILLON_REDIS_URL", "redis://:secret@queue:6380",
                "CARILLON_DATABASE_URL", "jdbc:mariadb://db:3306/tasks?sslMode=trust",
                "CARILLON_DATABASE_USER", "me",
                "CARILLON_DATABASE_PASSWORD", " spaces count "));

        assertThat(settings.redis().orElseThrow().getHost()).isEqualTo("queue");
        Settings.Account account = settings.database().orElseThrow();
        assertThat(account.user()).isEqualTo("me");
        assertThat(account.password()).isEqualTo(" spaces count ");
        assertThat(account).hasToString("jdbc:mariadb://db:3306/tasks");
    }

    @ParameterizedTest
    @CsvSource({
        "CARILLON_HTTP_PORT, http",
        "CARILLON_HTTP_PORT, -1",
        "CARILLON_HTTP_PORT, 65536",
        "CARILLON_REDIS_URL, http://:topsecret@host",
        "CARILLON_REDIS_URL, localhost:6379",
        "CARILLON_REDIS_URL, 'redis://:top secret@host'",
        "CARILLON_DATABASE_URL, jdbc:postgresql://topsecret@host/carillon",
    })
    void aValueThatCannotBeUsedIsRefusedByItsNameAndNeverShowsASecret(String name, String value) {
        assertThatThrownBy(() -> Settings.of(Map.of(name, value)))
                .isInstanceOf(Obstacle.class)
                .hasMessageContaining(name)
                .message()
                .doesNotContain("secret");
    }
}
