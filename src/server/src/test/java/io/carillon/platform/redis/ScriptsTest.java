package io.carillon.platform.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.carillon.stores.SharedStores;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

class ScriptsTest {
    private static RedissonClient redis;

    @BeforeAll
    static void connect() {
        Config config = new Config();
        config.useSingleServer().setAddress(SharedStores.redis().url());
        redis = Redisson.create(config);
    }

    @AfterAll
    static void disconnect() {
        redis.shutdown(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void failureOfAScriptSaysWhyButNotWithWhat() {
        byte[] payload = "{\"secret\":\"my-payload\"}".getBytes(StandardCharsets.UTF_8);

        Throwable failure = catchThrowable(() -> new Scripts(redis)
                .list(Script.named("accept"), "carillon:{889001}:", payload, "my-other-argument")
                .toCompletableFuture()
                .get(5, TimeUnit.SECONDS));

        StringWriter all = new StringWriter();
        failure.printStackTrace(new PrintWriter(all, true));
        assertThat(all.toString())
                .contains("Script accept failed", "attempt to perform arithmetic")
                .doesNotContain("my-payload", "my-other-argument");
    }
}
