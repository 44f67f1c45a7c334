package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.redis.RedisClients;
import io.carillon.platform.redis.Scripts;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueName;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;

class QueueStatesTest {
    private static final int FIRST = 880_000;

    private static RedissonClient redis;
    private static QueueStates states;

    @BeforeAll
    static void connect() {
        redis = RedisClients.shared();
        states = new QueueStates(
                new Contents(redis, new QueueScripts(new Scripts(redis), Epochs.unchecked(), new BusyQueues())));
    }

    private static Queue queue(int number) {
        return new Queue(number, new QueueName("q" + number), "/v1/x", "ck_1", 0, "ck_1", 0);
    }

    private static void counts(int queue, Map<String, String> counts) {
        redis.<String, String>getMap(Keys.queue(queue) + "counts", StringCodec.INSTANCE)
                .putAll(counts);
    }

    private static void ready(int queue, int level, long acceptedMillis) {
        redis.getScoredSortedSet(Keys.ready(queue, new Level(level), ""), StringCodec.INSTANCE)
                .add(acceptedMillis * 1000d, "TASK-" + acceptedMillis);
    }

    private static List<QueueState> of(Queue queue) throws Exception {
        return states.of(queue).toCompletableFuture().get(5, TimeUnit.SECONDS);
    }

    @Test
    void countsComeByLevelAndAgesFromTheClockOfRedis() throws Exception {
        counts(FIRST, Map.of("2:waiting", "2", "2:put", "9", "0:waiting", "0", "0:succeeded", "4"));
        long now = System.currentTimeMillis();
        ready(FIRST, 2, now - 60_000);
        ready(FIRST, 2, now - 1_000);

        List<QueueState> levels = of(queue(FIRST));

        assertThat(levels).extracting(QueueState::level).containsExactly(new Level(0), new Level(2));
        assertThat(levels.get(0).count("succeeded")).isEqualTo(4);
        assertThat(levels.get(0).oldestAge()).isEmpty();
        assertThat(levels.get(1).counts()).containsOnly(Map.entry("waiting", 2L), Map.entry("put", 9L));
        assertThat(levels.get(1).oldestAge().getAsLong()).isBetween(60_000L, 70_000L);
    }

    @Test
    void aTaskAcceptedAheadOfTheClockHasNoAge() throws Exception {
        counts(FIRST + 1, Map.of("1:waiting", "1"));
        ready(FIRST + 1, 1, System.currentTimeMillis() + 60_000);

        assertThat(of(queue(FIRST + 1)).get(0).oldestAge()).hasValue(0);
    }

    @Test
    void aQueueThatWasNeverUsedHasNoLevels() throws Exception {
        assertThat(of(queue(FIRST + 2))).isEmpty();
    }

    @Test
    void manyQueuesComeInTheirOrder() throws Exception {
        List<Queue> queues =
                IntStream.range(0, 250).mapToObj(i -> queue(FIRST + 1_000 + i)).toList();
        queues.forEach(queue -> counts(queue.number(), Map.of("1:put", Integer.toString(queue.number()))));

        List<List<QueueState>> found = states.of(queues).toCompletableFuture().get(10, TimeUnit.SECONDS);

        assertThat(found)
                .extracting(levels -> levels.get(0).count("put"))
                .containsExactlyElementsOf(
                        queues.stream().map(queue -> (long) queue.number()).toList());
    }
}
