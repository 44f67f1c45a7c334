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
        assertThat(settings.javaOptions()).containsExactly("-XX:+UseParallelGC", "-Xmx1g");
    }

    @Test
    void theCollectorIsTheOperatorsChoice() {
        Settings settings = Settings.of(Map.of("CARILLON_JAVA_OPTS", "-Xmx4g  -XX:+UseZGC"));

        assertThat(settings.javaOptions()).containsExactly("-Xmx4g", "-XX:+UseZGC");
        assertThat(Settings.of(Map.of("JAVA_TOOL_OPTIONS", "-Dx=y -XX:+UseSerialGC"))
                        .javaOptions())
                .containsExactly("-Xmx1g");
    }

    @Test
    void optionsThatNameNoCollectorKeepOurs() {
        Settings settings = Settings.of(Map.of("CARILLON_JAVA_OPTS", "-Xmx4g -XX:+ExplicitGCInvokesConcurrent"));

        assertThat(settings.javaOptions())
                .containsExactly("-XX:+UseParallelGC", "-Xmx4g", "-XX:+ExplicitGCInvokesConcurrent");
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

        assertThat(settings.redis().orElseThrow()).hasToString("queue:6380");
        Settings.Account account = settings.database().orElseThrow();
        assertThat(account.user()).isEqualTo("me");
        assertThat(account.password()).isEqualTo(" spaces count ");
        assertThat(account).hasToString("jdbc:mariadb://db:3306/tasks");
    }

    @ParameterizedTest
    @CsvSource({
        "redis://host, redis://host:6379",
        "redis://secret@host:1/0, redis://:secret@host:1",
        "rediss://me:pw@[::1], rediss://me:pw@[::1]:6379",
        "redis-cluster://me:pw@a:1;b, redis://me:pw@a:1 redis://me:pw@b:6379",
        "rediss+cluster://a:1;b:2, rediss://a:1 rediss://b:2",
        "redis-sentinel://me:pw@a;b:1/master, redis://a:26379 redis://b:1",
        "redis+sentinel://a?master=m, redis://a:26379",
    })
    void nodesOfRedisAreTriedOneByOne(String url, String nodes) {
        // A comma separates the columns of the table.
        Settings settings = Settings.of(Map.of("CARILLON_REDIS_URL", url.replace(';', ',')));

        assertThat(settings.redis().orElseThrow().nodes())
                .map(node -> node.toString())
                .containsExactly(nodes.split(" "));
    }

    @ParameterizedTest
    @CsvSource({
        "CARILLON_HTTP_PORT, http",
        "CARILLON_HTTP_PORT, -1",
        "CARILLON_HTTP_PORT, 65536",
        "CARILLON_REDIS_URL, http://:topsecret@host",
        "CARILLON_REDIS_URL, localhost:6379",
        "CARILLON_REDIS_URL, 'redis://:top secret@host'",
        "CARILLON_REDIS_URL, 'redis://:topsecret@host,other'",
        "CARILLON_REDIS_URL, 'redis-cluster://:topsecret@host,,other'",
        "CARILLON_REDIS_URL, 'redis-sentinel://:topsecret@host,other'",
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
