package io.carillon.platform.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.redis.RedisUrl.Kind;
import io.carillon.platform.redis.RedisUrl.Node;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisUrlTest {
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "redis://host, SINGLE, false, host:6379, -, -, -",
                "redis://host:7000/0, SINGLE, false, host:7000, -, -, -",
                "rediss://me:p%40ss+word@host:7000, SINGLE, true, host:7000, me, p@ss+word, -",
                "redis://:secret@[::1]:7000, SINGLE, false, [::1]:7000, -, secret, -",
                "redis://secret@host, SINGLE, false, host:6379, -, secret, -",
                "redis-cluster://me:pw@a:7000;b, CLUSTER, false, a:7000 b:6379, me, pw, -",
                "redis+cluster://a, CLUSTER, false, a:6379, -, -, -",
                "rediss-cluster://a:1;[fe80::1]:2/0, CLUSTER, true, a:1 [fe80::1]:2, -, -, -",
                "redis-sentinel://me:pw@a;b:7000/mymaster, SENTINEL, false, a:26379 b:7000, me, pw, mymaster",
                "redis+sentinel://a/mymaster, SENTINEL, false, a:26379, -, -, mymaster",
                "rediss-sentinel://a?master=my%20master, SENTINEL, true, a:26379, -, -, my master",
                "redis-sentinel://a/0#mymaster, SENTINEL, false, a:26379, -, -, mymaster",
            })
    void whatOperatorsWriteIsUnderstood(
            String text, Kind kind, boolean tls, String nodes, String user, String password, String master) {
        // A comma separates the columns of the table.
        RedisUrl url = RedisUrl.parse(text.replace(';', ','));

        assertThat(url.kind()).isEqualTo(kind);
        assertThat(url.tls()).isEqualTo(tls);
        assertThat(url.nodes().stream().map(Node::toString)).containsExactly(nodes.split(" "));
        assertThat(url.user().orElse(null)).isEqualTo(user);
        assertThat(url.password().orElse(null)).isEqualTo(password);
        assertThat(url.master().orElse(null)).isEqualTo(master);
    }

    @Test
    void sentinelsMayHaveALoginOfTheirOwn() {
        RedisUrl url = RedisUrl.parse("redis-sentinel://:pw@a/m?sentinel_user=watch&sentinel_password=s%26s");

        assertThat(url.sentinelUser()).contains("watch");
        assertThat(url.sentinelPassword()).contains("s&s");
        assertThat(url.addresses()).isEqualTo(List.of("redis://a:26379").toArray());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host:6379",
                "http://:secret@host",
                "redis://",
                "redis://:secret@",
                "redis://:top secret@host",
                "redis://:%secret@a",
                "redis://:secret@a,b",
                "redis-cluster://:secret@a,,b",
                "redis-cluster://:secret@a,b,",
                "redis-cluster://:secret@a:0",
                "redis-cluster://:secret@a:65536",
                "redis-cluster://:secret@a:99999999999",
                "redis://:secret@host/3",
                "redis-sentinel://:secret@a,b",
                "redis-ring://:secret@a,b",
            })
    void anythingElseIsRefusedWithoutShowingIt(String text) {
        assertThatThrownBy(() -> RedisUrl.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .doesNotContain("secret");
    }

    @Test
    void aUrlThatIsPrintedHidesItsPasswords() {
        assertThat(RedisUrl.parse("redis-sentinel://me:secret@a,b:7/m?sentinel_password=secret"))
                .hasToString("SENTINEL [a:26379, b:7]/m");
    }
}
