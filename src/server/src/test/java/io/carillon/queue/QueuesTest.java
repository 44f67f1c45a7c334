package io.carillon.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.database.TestEntities;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.redis.RedisClients;
import io.carillon.platform.redis.Scripts;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class QueuesTest {
    private static final QueueName NAME = new QueueName("deepseek-r1");
    private static final String CHAT = "/v1/chat/completions";
    private static TestEntities stores;
    private Queues here;
    private Queues there;

    @BeforeAll
    static void begin() {
        stores = new TestEntities();
    }

    @AfterAll
    static void end() {
        stores.close();
    }

    @BeforeEach
    void empty() {
        stores.execute("DELETE FROM queue");
        here = queues();
        there = queues();
    }

    private static Queues queues() {
        return new Queues(
                new QueueRows(stores.entities()),
                new SettingsCopy(new Scripts(RedisClients.shared())),
                Clock.systemUTC());
    }

    @Test
    void registeringOnceMoreIsFine() {
        Queue queue = here.register(NAME, CHAT, "ck_a");

        assertThat(here.register(NAME, CHAT, "ck_b")).isEqualTo(queue);
        assertThat(there.register(NAME, CHAT, "ck_b").number()).isEqualTo(queue.number());
        assertThat(queue.createdBy()).isEqualTo("ck_a");
    }

    @Test
    void anotherEndpointIsRefused() {
        here.register(NAME, CHAT, "ck_a");

        assertThatThrownBy(() -> there.register(NAME, "/v1/embeddings", "ck_a"))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.CONFLICT));
    }

    @Test
    void aQueueIsThereForOtherInstancesAtOnce() {
        assertThat(there.find(NAME)).isEmpty();
        Queue queue = here.register(NAME, CHAT, "ck_a");

        assertThat(there.find(NAME)).contains(queue);
        assertThat(queues().find(queue.number())).contains(queue);
        assertThat(there.all()).containsExactly(queue);
    }

    @Test
    void ofManyWhoRegisterAtOnceAllGetTheSameQueue() {
        List<CompletableFuture<Integer>> all = IntStream.range(0, 8)
                .mapToObj(i -> CompletableFuture.supplyAsync(
                        () -> queues().register(NAME, CHAT, "ck_" + i).number()))
                .toList();

        assertThat(all.stream().map(CompletableFuture::join).distinct()).hasSize(1);
        assertThat(here.all()).hasSize(1);
    }

    @Test
    void namesDifferByCase() {
        Queue small = here.register(new QueueName("q"), CHAT, "ck_a");

        assertThat(here.register(new QueueName("Q"), CHAT, "ck_a").number()).isNotEqualTo(small.number());
    }

    @Test
    void anUnknownQueueIsRefusedByName() {
        assertThat(here.find(123_456)).isEmpty();
        assertThatThrownBy(() -> here.get(NAME)).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.reason()).isEqualTo(Reason.UNKNOWN);
            assertThat(refused).hasMessageContaining("deepseek-r1");
        });
    }
}
