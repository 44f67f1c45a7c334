package io.carillon.stream;

import static io.carillon.task.OnlineEngine.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.stores.EmbeddedRedis;
import io.carillon.stores.RedisConnection;
import io.carillon.task.Attempt;
import io.carillon.task.NewTask;
import io.carillon.task.ResponseMode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

class RedisRestartTest {
    @TempDir
    Path directory;

    @Test
    void waitingCallersAndWorkersGoOnAfterRedisWasKilled() {
        try (EmbeddedRedis store = EmbeddedRedis.start(directory);
                Server server = new Server(store, 1, 10).start()) {
            NewTask task = server.engine.newTask(1, ResponseMode.BLOCKING, Duration.ofSeconds(60));
            CompletionStage<CallerAnswer> answer = server.callers.block(task);
            Patience.until("the task can be taken", () -> {
                List<Attempt> attempts = server.engine.take(1, 1);
                return !attempts.isEmpty();
            });
            // The append-only file is written each second.
            long written = System.nanoTime() + Duration.ofMillis(1500).toNanos();
            Patience.until("Redis has written its file", () -> System.nanoTime() > written);

            store.kill();
            store.restart();

            Patience.until("the worker's user is there again", Duration.ofSeconds(10), () -> appended(server, task));
            assertThat(await(answer).body().text()).isEqualTo("\"after\"");
        }
    }

    @Test
    void clientsThatSendOnlyAPasswordWorkWhenTheServerHasANameOfItsOwn() throws IOException {
        try (EmbeddedRedis store = EmbeddedRedis.start(directory);
                RedisConnection admin = store.connect()) {
            admin.command("ACL", "SETUSER", "carillon", "on", ">" + store.password(), "~*", "&*", "+@all");
            Config config = new Config();
            config.useSingleServer()
                    .setAddress("redis://carillon:" + store.password() + "@" + store.address())
                    .setConnectionMinimumIdleSize(1);
            RedissonClient redis = Redisson.create(config);
            BusUser user =
                    new BusUser(redis, "default", Server.PASSWORD, EventBus.TOPIC, store.url(), Optional.empty());
            try {
                await(user.make());

                String url = user.address().url();
                assertThat(url).isEqualTo("redis://:" + Server.PASSWORD + "@" + store.address() + "/0");
                try (RedisConnection worker = RedisConnection.open(URI.create(url), Duration.ofSeconds(2))) {
                    assertThat(worker.command(Server.append("x", BusEvent.PROGRESS, "{}")))
                            .contains("-");
                    assertThatThrownBy(() -> worker.command("KEYS", "*")).hasMessageStartingWith("NOPERM");
                }
            } finally {
                redis.shutdown(0, 1, TimeUnit.SECONDS);
            }
        }
    }

    private static boolean appended(Server server, NewTask task) {
        try (RedisConnection worker =
                RedisConnection.open(URI.create(server.bus.address().url()), Duration.ofSeconds(2))) {
            worker.command(Server.append(
                    server.name,
                    BusEvent.COMPLETION,
                    Server.completion(task.id().text(), "{\"body\":\"after\"}")));
            return true;
        } catch (IOException refused) {
            return false;
        }
    }
}
