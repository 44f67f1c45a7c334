package io.carillon.dialect.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.batch.BatchState;
import io.carillon.batch.CountedBatches;
import io.carillon.callback.CallbackCounts;
import io.carillon.dialect.operations.ServerMetrics.Reading;
import io.carillon.platform.metrics.BellaNames;
import io.carillon.platform.metrics.BusLatency;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueName;
import io.carillon.task.CountedTasks;
import io.carillon.task.QueueState;
import io.carillon.task.TaskState;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScrapeTest {
    private static final Pattern SAMPLE =
            Pattern.compile("[a-z_:][a-z0-9_:]*(\\{([a-z_]+=\"[^\"]*\",?)+})? (NaN|[+-]?(Inf|[0-9.E+-]+))");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final CountedTasks counted = new CountedTasks();
    private final CountedBatches batches = new CountedBatches();
    private final List<Queue> queues = new ArrayList<>(List.of(queue(12, "demo")));
    private final AtomicInteger reads = new AtomicInteger();
    private final AtomicLong nanos = new AtomicLong();
    private boolean redisDown;
    private boolean mariaDbDown;

    private final Scrape scrape = new Scrape(
            registry,
            new TaskMetrics(
                    counted.counts(),
                    batches.counts(),
                    new QueueReading(this::all, () -> queues, this::states, nanos::get)::standing,
                    new BellaNames("test")),
            new ServerMetrics(
                    new CallbackCounts(),
                    List.of(new Reading("carillon.callers.held", "Callers", () -> 7)),
                    List.of(new Reading("carillon.bus.events", "Events", () -> 9)),
                    List.of()));

    private static Queue queue(int number, String name) {
        return new Queue(number, new QueueName(name), "/v1/x", "ck_1", 0, "ck_1", 0);
    }

    private List<Queue> all() {
        if (mariaDbDown) {
            throw new IllegalStateException("down");
        }
        return queues;
    }

    private CompletableFuture<List<List<QueueState>>> states(List<Queue> asked) {
        reads.incrementAndGet();
        return redisDown
                ? CompletableFuture.failedFuture(new IllegalStateException("down"))
                : CompletableFuture.completedFuture(asked.stream()
                        .map(queue -> List.of(new QueueState(
                                new Level(1), Map.of("waiting", 3L, "running", 2L), OptionalLong.of(1500))))
                        .toList());
    }

    private List<String> lines() {
        return scrape.text().lines().toList();
    }

    @Test
    void countsOfThisInstanceComeUnderOurNamesAndUnderBellas() {
        counted.put("TASK-12-1-C-261122093258-0001-000001");
        counted.put("TASK-12-0-C-261122093258-0001-000002");
        counted.taken("TASK-12-1-C-261122093258-0001-000001");
        counted.redelivered("TASK-12-1-C-261122093258-0001-000001");
        counted.ended("TASK-12-1-C-261122093258-0001-000001", TaskState.SUCCEEDED, 7, 20);
        counted.ended("TASK-12-0-C-261122093258-0001-000002", TaskState.CANCELLED, -1, -1);

        assertThat(lines())
                .contains(
                        "carillon_tasks_put_total{level=\"1\",queue=\"demo\"} 1.0",
                        "carillon_tasks_taken_total{level=\"1\",queue=\"demo\"} 1.0",
                        "carillon_tasks_redelivered_total{level=\"1\",queue=\"demo\"} 1.0",
                        "carillon_tasks_completed_total{level=\"1\",outcome=\"succeeded\",queue=\"demo\"} 1.0",
                        "carillon_tasks_completed_total{level=\"0\",outcome=\"cancelled\",queue=\"demo\"} 1.0",
                        "queue_task_put_total{application=\"bella-queue\",profile=\"test\",queue=\"demo:1\"} 1.0",
                        "queue_task_put_total{application=\"bella-queue\",profile=\"test\",queue=\"demo:0\"} 1.0",
                        "queue_task_take_total{application=\"bella-queue\",profile=\"test\",queue=\"demo:1\"} 1.0",
                        "queue_task_complete_total{application=\"bella-queue\",profile=\"test\",queue=\"demo:1\"} 1.0");
        assertThat(lines()).noneMatch(line -> line.startsWith("queue_task_complete_total") && line.contains("demo:0"));
    }

    @Test
    void batchesAreCountedUnderBellasNamesByTheNameOfTheirQueue() {
        batches.created(12);
        batches.created(12);
        batches.split(12);
        batches.ended(12, BatchState.EXPIRED);
        batches.created(999);

        String labels = "{application=\"bella-queue\",profile=\"test\",queue=\"demo\"";
        assertThat(lines())
                .contains(
                        "batch_create_total" + labels + "} 2.0",
                        "batch_splitted_total" + labels + "} 1.0",
                        "batch_finalize_total" + labels + ",status=\"expired\"} 1.0",
                        "batch_finalize_total" + labels + ",status=\"completed\"} 0.0")
                .filteredOn(line -> line.startsWith("batch_create_total{"))
                .hasSize(1);
    }

    @Test
    void durationsFallIntoCumulativeBuckets() {
        counted.ended("TASK-12-1-C-261122093258-0001-000001", TaskState.SUCCEEDED, 5, 20);
        counted.ended("TASK-12-1-C-261122093258-0001-000002", TaskState.FAILED, 6, 7_200_000);

        String labels = "level=\"1\",queue=\"demo\"";
        assertThat(lines())
                .contains(
                        "carillon_task_wait_seconds_bucket{" + labels + ",le=\"0.005\"} 1",
                        "carillon_task_wait_seconds_bucket{" + labels + ",le=\"0.01\"} 2",
                        "carillon_task_wait_seconds_count{" + labels + "} 2",
                        "carillon_task_wait_seconds_sum{" + labels + "} 0.011",
                        "carillon_task_run_seconds_bucket{" + labels + ",le=\"3600.0\"} 1",
                        "carillon_task_run_seconds_bucket{" + labels + ",le=\"+Inf\"} 2");
    }

    @Test
    void depthsAreThoseOfRedis() {
        assertThat(lines())
                .contains(
                        "carillon_queue_tasks{level=\"1\",queue=\"demo\",state=\"waiting\"} 3.0",
                        "carillon_queue_tasks{level=\"1\",queue=\"demo\",state=\"running\"} 2.0",
                        "carillon_queue_tasks{level=\"1\",queue=\"demo\",state=\"scheduled\"} 0.0",
                        "carillon_queue_oldest_waiting_seconds{level=\"1\",queue=\"demo\"} 1.5",
                        "carillon_queues 1.0",
                        "carillon_callers_held 7.0",
                        "carillon_bus_events_total 9.0");
    }

    @Test
    void everyLineCanBeParsed() {
        counted.put("TASK-12-1-C-261122093258-0001-000001");
        new BusLatency(registry, new BellaNames("test")).record("carillon:{bus}:events:10.0.0.5:8080-1", 12);

        assertThat(lines())
                .isNotEmpty()
                .allMatch(line -> line.startsWith("# ") || SAMPLE.matcher(line).matches());
        assertThat(lines())
                .anyMatch(line -> line.startsWith("redis_mesh_forward_latency_seconds{application=\"bella-queue\"")
                        && line.contains("quantile=\"0.99\""))
                .anyMatch(line -> line.startsWith("redis_mesh_forward_latency_seconds_max{"));
    }

    @Test
    void theLatencyOfAStreamIsThereBeforeItsFirstEvent() {
        new BusLatency(registry, new BellaNames("test")).show("carillon:{bus}:events:10.0.0.5:8080-1");

        assertThat(lines())
                .anyMatch(line -> line.startsWith("redis_mesh_forward_latency_seconds_count{") && line.endsWith(" 0"));
    }

    @Test
    void aTaskOfAnUnknownQueueMakesNoSeries() {
        counted.put("TASK-999-1-C-261122093258-0001-000001");

        assertThat(lines()).noneMatch(line -> line.startsWith("carillon_tasks_put_total{"));
    }

    @Test
    void noLabelHoldsATaskId() {
        for (int i = 0; i < 1000; i++) {
            counted.put("TASK-12-1-C-261122093258-0001-%06d".formatted(i));
        }

        assertThat(lines()).noneMatch(line -> line.contains("TASK-")).hasSizeLessThan(200);
    }

    @Test
    void aStoreThatIsDownCostsItsPartOnly() {
        counted.put("TASK-12-1-C-261122093258-0001-000001");
        redisDown = true;
        mariaDbDown = true;

        assertThat(lines())
                .contains("carillon_tasks_put_total{level=\"1\",queue=\"demo\"} 1.0")
                .noneMatch(line -> line.startsWith("carillon_queue_tasks{"));
    }

    @Test
    void storesAreReadOnceASecondHoweverOftenSomebodyScrapes() {
        for (int i = 0; i < 100; i++) {
            lines();
        }
        assertThat(reads).hasValue(1);

        nanos.addAndGet(1_000_000_001L);
        lines();
        assertThat(reads).hasValue(2);
    }

    @Test
    void pausedAndDrainingQueuesAreSeen() {
        Queue plain = queues.get(0);
        queues.add(new Queue(
                13,
                new QueueName("stopped"),
                "/v1/x",
                "ck_1",
                0,
                "ck_1",
                0,
                plain.settings().but().paused(true).settings(),
                1));

        assertThat(lines())
                .contains(
                        "carillon_queue_paused{queue=\"demo\"} 0.0",
                        "carillon_queue_paused{queue=\"stopped\"} 1.0",
                        "carillon_queue_draining{queue=\"stopped\"} 0.0");
    }

    @Test
    void thousandsOfQueuesAreOneBoundedAnswer() {
        queues.clear();
        IntStream.rangeClosed(1, TaskMetrics.MOST_QUEUES + 500).forEach(n -> queues.add(queue(n, "queue-" + n)));

        assertThat(lines())
                .contains("carillon_queues " + (TaskMetrics.MOST_QUEUES + 500) + ".0")
                .filteredOn(line -> line.startsWith("carillon_queue_oldest_waiting_seconds{"))
                .hasSize(TaskMetrics.MOST_QUEUES);
    }
}
