package io.carillon.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.channel.Channels;
import io.carillon.platform.database.TestEntities;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueName;
import io.carillon.quota.Limits;
import io.carillon.quota.QuotasOn;
import io.carillon.security.AllowedQueues;
import io.carillon.security.Keys;
import io.carillon.security.Role;
import io.carillon.task.BatchEngine;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RoutesTest {
    private static final String CHAT = "/v1/chat/completions";

    private static final TestEntities ENTITIES = new TestEntities();

    private final String own = UUID.randomUUID().toString().substring(0, 8);
    private final String ownEndpoint = "/v1/rerank-" + own;
    private BatchEngine engine;
    private Channels channels;
    private Keys keys;
    private Routes routes;

    @BeforeEach
    void open() {
        engine = new BatchEngine();
        channels = new Channels(ENTITIES.entities(), Clock.systemUTC(), System::nanoTime);
        keys = new Keys(ENTITIES.entities(), Optional.empty(), Clock.systemUTC(), System::nanoTime);
        routes = new Routes(engine.queues(), channels, keys);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @AfterAll
    static void closeEntities() {
        ENTITIES.close();
    }

    private Queue queue(String name, String endpoint) {
        return engine.queues().register(new QueueName(name + "-" + own), endpoint, Round.OWNER);
    }

    private Batch batch(String owner, String endpoint, String wantedQueue) {
        NewBatch wanted = new NewBatch(
                owner,
                "file-x",
                endpoint,
                "24h",
                Duration.ofHours(24),
                null,
                Optional.empty(),
                wantedQueue,
                null,
                null,
                Optional.empty());
        return new BatchTable(engine.database(), QuotasOn.database(engine.database(), Limits.NONE))
                .insert(BatchId.random(), wanted)
                .batch();
    }

    private Optional<String> route(String owner, String endpoint, String wantedQueue, String model) {
        return routes.queue(batch(owner, endpoint, wantedQueue), model)
                .map(queue -> queue.name().text());
    }

    private String keyFor(String... queues) {
        return keys.create("k", Set.of(Role.PRODUCER), new AllowedQueues(List.of(queues)), null)
                .key()
                .id();
    }

    @Test
    void theNamedQueueGoesBeforeTheChannelAndTheChannelBeforeTheQueueOfThatName() {
        String model = "model-" + own;
        assertThat(route(Keys.ADMIN_KEY_ID, CHAT, null, model)).isEmpty();

        queue("model", CHAT);
        assertThat(route(Keys.ADMIN_KEY_ID, CHAT, null, model)).contains(model);

        String routed = queue("channel", CHAT).name().text();
        channels.put(model, null, new QueueName(routed));
        assertThat(route(Keys.ADMIN_KEY_ID, CHAT, null, model)).contains(routed);

        String named = queue("named", CHAT).name().text();
        assertThat(route(Keys.ADMIN_KEY_ID, CHAT, named, model)).contains(named);
    }

    @Test
    void aModelWhoseNameIsNoNameOfAQueueHasNone() {
        assertThat(route(Keys.ADMIN_KEY_ID, CHAT, null, "org/model:" + own)).isEmpty();
    }

    @Test
    void withoutAModelTheFirstQueueOfTheEndpointThatTheKeyMayUseIsTaken() {
        assertThat(routes.serves(ownEndpoint)).isFalse();
        String first = queue("z", ownEndpoint).name().text();
        String second = queue("a", ownEndpoint).name().text();

        assertThat(routes.serves(ownEndpoint)).isTrue();
        assertThat(route(Keys.ADMIN_KEY_ID, ownEndpoint, null, null)).contains(first);
        assertThat(route(keyFor(second), ownEndpoint, null, null)).contains(second);
        assertThat(route(keyFor("other"), ownEndpoint, null, null)).isEmpty();
    }

    @Test
    void amongEndpointsOfQueuesAnUnknownModelGoesToTheQueueOfTheEndpoint() {
        String name = queue("z", ownEndpoint).name().text();

        assertThat(route(Keys.ADMIN_KEY_ID, ownEndpoint, null, "unknown-" + own))
                .contains(name);
    }

    @Test
    void aQueueThatTheKeyMayNotUseIsNone() {
        String model = queue("model", CHAT).name().text();
        String routed = queue("channel", CHAT).name().text();
        channels.put("by-channel", null, new QueueName(routed));

        String key = keyFor(model);
        assertThat(route(key, CHAT, null, model)).contains(model);
        assertThat(route(key, CHAT, null, "by-channel")).isEmpty();
        assertThat(route(keyFor("channel-*"), CHAT, null, "by-channel")).contains(routed);
    }
}
