package io.carillon.stream;

import static io.carillon.task.OnlineEngine.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Refused;
import io.carillon.stores.EmbeddedRedis;
import io.carillon.stores.RedisConnection;
import io.carillon.stores.SharedStores;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

class BusUserTest {
    private static final EmbeddedRedis store = SharedStores.redis();
    private static Server server;

    @BeforeAll
    static void start() {
        server = new Server(store, 9001, 10);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void userIsMade() throws IOException {
        await(server.user("carillon-bus", Optional.empty()).make());
        try (RedisConnection admin = store.connect()) {
            admin.command("SET", "carillon:{12}:counts", "secret");
            admin.command(Server.append("127.0.0.1:1-1", "x", "{}"));
        }
    }

    @AfterEach
    void forget() throws IOException {
        try (RedisConnection admin = store.connect()) {
            admin.command("DEL", "carillon:{12}:counts", EventBus.TOPIC + "127.0.0.1:1-1", EventBus.TOPIC + "null");
            admin.command("ACL", "DELUSER", "carillon-bus");
        }
    }

    private RedisConnection worker() throws IOException {
        return RedisConnection.open(URI.create(address().url()), Duration.ofSeconds(5));
    }

    private BusAddress address() {
        BusUser user = server.user("carillon-bus", Optional.empty());
        await(user.make());
        return user.address();
    }

    @Test
    void workerMayAppendToTheStreamOfAnyInstance() throws IOException {
        try (RedisConnection worker = worker()) {
            assertThat(worker.command(Server.append("127.0.0.1:1-1", "task-progress-event", "{}")))
                    .contains("-");
            assertThat(worker.command(Server.append("null", "task-progress-event", "{}")))
                    .contains("-");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PING", "SELECT 0", "CLIENT SETNAME worker", "HELLO 2", "QUIT"})
    void workerMayGreet(String command) throws IOException {
        try (RedisConnection worker = worker()) {
            worker.command(command.split(" "));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET carillon:{12}:counts",
                "SET carillon:{12}:counts 1",
                "SET carillon:{bus}:events:x 1",
                "XADD carillon:{12}:events:x * a b",
                "XADD carillon:{bus}:instances * a b",
                "XADD other * a b",
                "XREAD STREAMS carillon:{bus}:events:127.0.0.1:1-1 0",
                "XRANGE carillon:{bus}:events:127.0.0.1:1-1 - +",
                "XTRIM carillon:{bus}:events:127.0.0.1:1-1 MAXLEN 0",
                "XLEN carillon:{bus}:events:127.0.0.1:1-1",
                "DEL carillon:{bus}:events:127.0.0.1:1-1",
                "EXISTS carillon:{bus}:events:127.0.0.1:1-1",
                "EXPIRE carillon:{bus}:events:127.0.0.1:1-1 1",
                "ZRANGE carillon:{bus}:instances 0 -1",
                "KEYS *",
                "SCAN 0",
                "RANDOMKEY",
                "DBSIZE",
                "CONFIG GET requirepass",
                "CONFIG SET maxmemory 1",
                "FLUSHALL",
                "FLUSHDB",
                "INFO",
                "MONITOR",
                "SUBSCRIBE carillon:changed",
                "PUBLISH carillon:changed x",
                "EVAL return(1) 0",
                "ACL WHOAMI",
                "ACL LIST",
                "CLIENT LIST",
                "CLIENT KILL ID 1",
                "DEBUG SLEEP 1",
                "SHUTDOWN NOSAVE",
                "MULTI",
            })
    void workerMayDoNothingElse(String command) throws IOException {
        try (RedisConnection worker = worker()) {
            assertThatThrownBy(() -> worker.command(command.split(" ")))
                    .isInstanceOf(RedisConnection.Refusal.class)
                    .hasMessageStartingWith("NOPERM");
        }
    }

    @Test
    void addressOfOneInstanceWorksAfterAnotherStarted() throws IOException {
        String before = address().url();
        try (Server other = new Server(store, 9002, 10)) {
            await(other.user("carillon-bus", Optional.empty()).make());
        }

        try (RedisConnection worker = RedisConnection.open(URI.create(before), Duration.ofSeconds(5))) {
            assertThat(worker.command("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void addressNamesTheUserAndNotTheServersPassword() {
        assertThat(address().url())
                .isEqualTo("redis://carillon-bus:" + Server.PASSWORD + "@127.0.0.1:" + store.port() + "/0")
                .doesNotContain(store.password());
        assertThat(address().topic()).isEqualTo("carillon:{bus}:events:");
        assertThat(address()).hasToString("BusAddress[carillon:{bus}:events:]");
    }

    @Test
    void workersMayBeGivenAnotherAddress() {
        BusUser user = server.user("carillon-bus", Optional.of("rediss://redis.example:7000"));
        await(user.make());

        assertThat(user.address().url())
                .isEqualTo("rediss://carillon-bus:" + Server.PASSWORD + "@redis.example:7000/0");
    }

    @Test
    void addressWithALoginIsHandedOutAsItIs() {
        BusUser user = server.user("carillon-bus", Optional.of("redis://bus:pw@redis.example:7000/0"));

        assertThat(user.address().url()).isEqualTo("redis://bus:pw@redis.example:7000/0");
    }

    @Test
    void serverDoesNotLockItselfOut() throws IOException {
        try (RedisConnection admin = store.connect()) {
            admin.command("ACL", "SETUSER", "default", "reset", "on", ">own", "~*", "&*", "+@all");
            Config config = new Config();
            config.useSingleServer()
                    .setAddress("redis://:own@" + store.address())
                    .setConnectionMinimumIdleSize(1);
            RedissonClient asDefault = Redisson.create(config);
            try {
                BusUser user = new BusUser(
                        asDefault, "default", Server.PASSWORD, EventBus.TOPIC, store.url(), Optional.empty());
                await(user.make());

                assertThatThrownBy(user::address)
                        .isInstanceOf(Refused.class)
                        .hasMessageContaining("carillon.eventbus.url");
                assertThat(admin.command("ACL", "GETUSER", "default")).contains("+@all");
            } finally {
                asDefault.shutdown(0, 1, TimeUnit.SECONDS);
            }
        }
    }
}
