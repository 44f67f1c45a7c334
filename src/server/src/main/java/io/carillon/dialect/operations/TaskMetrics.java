package io.carillon.dialect.operations;

import io.carillon.batch.BatchCounts;
import io.carillon.batch.BatchState;
import io.carillon.platform.metrics.BellaNames;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import io.carillon.task.Durations;
import io.carillon.task.QueueState;
import io.carillon.task.TaskCounts;
import io.carillon.task.TaskState;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * The metrics of tasks and batches by queue: counters of this instance, and depths that all instances share. They are not
 * meters but read when somebody scrapes, so that a task costs no look-up by name and thousands of queues cost nothing in
 * between.
 *
 * <p>Labels are names of registered queues, levels, states and how batches ended, and nothing that a caller sends.
 */
class TaskMetrics implements MultiCollector {
    /** Above this, what is left out is worth less than an answer that Prometheus can still read. */
    static final int MOST_QUEUES = 10_000;

    private static final TaskState[] OPEN = {TaskState.SCHEDULED, TaskState.WAITING, TaskState.RUNNING};
    private static final TaskState[] FINAL = {
        TaskState.SUCCEEDED, TaskState.FAILED, TaskState.TIMEOUT, TaskState.CANCELLED
    };
    private static final double MILLIS = 1000;

    /**
     * What there is to know of the queues now.
     *
     * @param names by number
     * @param shown the queues that have metrics of their own
     * @param states by number; empty when Redis did not tell
     */
    record Standing(Map<Integer, String> names, List<Queue> shown, Map<Integer, List<QueueState>> states) {}

    private final TaskCounts counts;
    private final BatchCounts batches;
    private final Supplier<Standing> standing;
    private final BellaNames bella;

    TaskMetrics(TaskCounts counts, BatchCounts batches, Supplier<Standing> standing, BellaNames bella) {
        this.counts = counts;
        this.batches = batches;
        this.standing = standing;
        this.bella = bella;
    }

    /** The counts of a level, with the name of its queue. */
    private record Counted(String queue, TaskCounts.OfLevel of) {
        Labels labels() {
            return Labels.of("queue", queue, "level", of.level().toString());
        }

        Labels labels(TaskState state, String label) {
            return Labels.of("queue", queue, "level", of.level().toString(), label, state.word());
        }

        String fullName() {
            return queue + ":" + of.level();
        }
    }

    @Override
    public MetricSnapshots collect() {
        Standing now = standing.get();
        List<Counted> counted = counts.all().stream()
                .filter(of -> now.names().containsKey(of.queue()))
                .map(of -> new Counted(now.names().get(of.queue()), of))
                .sorted(Comparator.comparing((Counted c) -> c.queue()).thenComparing(c -> c.of().level()))
                .toList();
        List<MetricSnapshot> all = new ArrayList<>();
        addCounters(all, counted);
        addBellasCounters(all, counted);
        addBatches(all, now);
        addDurations(all, counted);
        addDepths(all, now);
        addSettings(all, now);
        return new MetricSnapshots(all);
    }

    private static void addCounters(List<MetricSnapshot> all, List<Counted> counted) {
        all.add(counter("carillon_tasks_put", "Tasks put by way of this instance", counted, TaskCounts.OfLevel::put));
        all.add(counter("carillon_tasks_taken", "Attempts given to workers", counted, TaskCounts.OfLevel::taken));
        all.add(counter(
                "carillon_tasks_redelivered",
                "Leases that ran out, so that the task waits again",
                counted,
                TaskCounts.OfLevel::redelivered));
        CounterSnapshot.Builder ended = CounterSnapshot.builder()
                .name("carillon_tasks_completed")
                .help("Tasks that ended, by outcome; timeout: expired, or lost their last lease");
        for (Counted one : counted) {
            for (TaskState state : FINAL) {
                ended.dataPoint(point(one.labels(state, "outcome"), one.of().ended(state)));
            }
        }
        all.add(ended.build());
    }

    private void addBellasCounters(List<MetricSnapshot> all, List<Counted> counted) {
        all.add(bellas("queue_task_put", "Tasks put", counted, TaskCounts.OfLevel::put));
        all.add(bellas("queue_task_take", "Tasks delivered", counted, TaskCounts.OfLevel::taken));
        // Bella-Queue counts offline completions only, and a cancelled task is none.
        List<Counted> offline =
                counted.stream().filter(one -> !one.of().level().isOnline()).toList();
        all.add(bellas(
                "queue_task_complete",
                "Offline tasks completed",
                offline,
                of -> of.ended(TaskState.SUCCEEDED) + of.ended(TaskState.FAILED) + of.ended(TaskState.TIMEOUT)));
    }

    private CounterSnapshot bellas(
            String name, String help, List<Counted> counted, ToLongFunction<TaskCounts.OfLevel> value) {
        CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help(help);
        for (Counted one : counted) {
            counter.dataPoint(point(bellas(one.fullName()), value.applyAsLong(one.of())));
        }
        return counter.build();
    }

    private Labels bellas(String queue) {
        return Labels.of("application", BellaNames.APPLICATION, "profile", bella.profile(), "queue", queue);
    }

    private void addBatches(List<MetricSnapshot> all, Standing now) {
        CounterSnapshot.Builder created =
                CounterSnapshot.builder().name("batch_create").help("Batches that went to a queue");
        CounterSnapshot.Builder split =
                CounterSnapshot.builder().name("batch_splitted").help("Batches all of whose lines became tasks");
        CounterSnapshot.Builder ended =
                CounterSnapshot.builder().name("batch_finalize").help("Batches that ended, by status");
        batches.all().stream()
                .filter(of -> now.names().containsKey(of.queue()))
                .sorted(Comparator.comparing(of -> now.names().get(of.queue())))
                .forEach(of -> {
                    Labels labels = bellas(now.names().get(of.queue()));
                    created.dataPoint(point(labels, of.created()));
                    split.dataPoint(point(labels, of.split()));
                    for (BatchState state : BatchState.values()) {
                        if (state.isFinal()) {
                            ended.dataPoint(point(labels.add("status", state.word()), of.ended(state)));
                        }
                    }
                });
        all.add(created.build());
        all.add(split.build());
        all.add(ended.build());
    }

    private static CounterSnapshot counter(
            String name, String help, List<Counted> counted, ToLongFunction<TaskCounts.OfLevel> value) {
        CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help(help);
        counted.forEach(one -> counter.dataPoint(point(one.labels(), value.applyAsLong(one.of()))));
        return counter.build();
    }

    private static CounterDataPointSnapshot point(Labels labels, long value) {
        return CounterDataPointSnapshot.builder().labels(labels).value(value).build();
    }

    private static void addDurations(List<MetricSnapshot> all, List<Counted> counted) {
        HistogramSnapshot.Builder waited = HistogramSnapshot.builder()
                .name("carillon_task_wait_seconds")
                .help("From acceptance to the start of the last attempt, of tasks that ended");
        HistogramSnapshot.Builder ran = HistogramSnapshot.builder()
                .name("carillon_task_run_seconds")
                .help("From the start of the last attempt to the end");
        for (Counted one : counted) {
            waited.dataPoint(histogram(one.labels(), one.of().waited()));
            ran.dataPoint(histogram(one.labels(), one.of().ran()));
        }
        all.add(waited.build());
        all.add(ran.build());
    }

    private static HistogramDataPointSnapshot histogram(Labels labels, Durations durations) {
        ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
        long[] bounds = Durations.bounds();
        long[] inEach = durations.counts();
        for (int i = 0; i < inEach.length; i++) {
            buckets.bucket(i < bounds.length ? bounds[i] / MILLIS : Double.POSITIVE_INFINITY, inEach[i]);
        }
        return HistogramDataPointSnapshot.builder()
                .labels(labels)
                .classicHistogramBuckets(buckets.build())
                .sum(durations.sum() / MILLIS)
                .build();
    }

    private static void addDepths(List<MetricSnapshot> all, Standing now) {
        GaugeSnapshot.Builder tasks = GaugeSnapshot.builder()
                .name("carillon_queue_tasks")
                .help("Tasks that have not ended, by state; the same from every instance");
        GaugeSnapshot.Builder oldest = GaugeSnapshot.builder()
                .name("carillon_queue_oldest_waiting_seconds")
                .help("How long ago the first task that waits was accepted; the same from every instance");
        now.states().forEach((number, levels) -> {
            String queue = now.names().get(number);
            for (QueueState ofLevel : levels) {
                Level level = ofLevel.level();
                for (TaskState state : OPEN) {
                    tasks.dataPoint(gauge(
                            Labels.of("queue", queue, "level", level.toString(), "state", state.word()),
                            ofLevel.count(state.word())));
                }
                oldest.dataPoint(gauge(
                        Labels.of("queue", queue, "level", level.toString()),
                        ofLevel.oldestAge().orElse(0) / MILLIS));
            }
        });
        all.add(tasks.build());
        all.add(oldest.build());
        all.add(GaugeSnapshot.builder()
                .name("carillon_queues")
                .help("Registered queues; metrics by queue hold the first " + MOST_QUEUES)
                .dataPoint(gauge(Labels.EMPTY, now.names().size()))
                .build());
    }

    private static void addSettings(List<MetricSnapshot> all, Standing now) {
        GaugeSnapshot.Builder paused = GaugeSnapshot.builder()
                .name("carillon_queue_paused")
                .help("1 while workers get nothing of a queue; the same from every instance");
        GaugeSnapshot.Builder draining = GaugeSnapshot.builder()
                .name("carillon_queue_draining")
                .help("1 while a queue accepts no new tasks; the same from every instance");
        for (Queue queue : now.shown()) {
            Labels labels = Labels.of("queue", queue.name().text());
            paused.dataPoint(gauge(labels, queue.settings().paused() ? 1 : 0));
            draining.dataPoint(gauge(labels, queue.settings().draining() ? 1 : 0));
        }
        all.add(paused.build());
        all.add(draining.build());
    }

    private static GaugeDataPointSnapshot gauge(Labels labels, double value) {
        return GaugeDataPointSnapshot.builder().labels(labels).value(value).build();
    }
}
