package io.carillon.task;

import io.carillon.callback.Callbacks;
import io.carillon.callback.CallbacksOn;
import io.carillon.platform.database.Database;
import io.carillon.platform.database.FaultySource;
import io.carillon.platform.error.Outcome;
import io.carillon.platform.json.RawJson;
import io.carillon.queue.Queue;
import io.carillon.queue.Queues;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ScheduledExecutorService;

/** The engine on real stores, for tests of batches. No batches of other tests are in its database. */
public final class BatchEngine implements AutoCloseable {
    private final Engine engine = Engine.start();
    private final Lines lines = new Lines(engine.database);
    private final Groups groups = new Groups(engine.scripts);

    public BatchEngine() {
        engine.run("DELETE FROM batch");
        engine.run("DELETE FROM batch_tally");
        engine.run("DELETE FROM stored_file");
        engine.run("DELETE FROM file_hold");
    }

    public Database database() {
        return engine.database;
    }

    /** What breaks its connections. */
    public FaultySource faults() {
        return engine.faults;
    }

    public Queue queue() {
        return engine.first();
    }

    public Queues queues() {
        return engine.queues;
    }

    public Tasks tasks() {
        return engine.tasks;
    }

    public Tally tally() {
        return engine.tally;
    }

    public Lines lines() {
        return lines;
    }

    public Groups groups() {
        return groups;
    }

    public Callbacks callbacks() {
        return CallbacksOn.database(engine.database);
    }

    public ScheduledExecutorService scheduler() {
        return engine.scheduler;
    }

    /** Gives a worker what there is, in order, {@code most} tasks at most. */
    public List<Attempt> take(int most) {
        return engine
                .aTake()
                .from(engine.first(), 1)
                .size(most)
                .leasing(Duration.ofMinutes(10))
                .take()
                .values()
                .stream()
                .flatMap(List::stream)
                .toList();
    }

    public Completion complete(Attempt attempt, String result) {
        RawJson json = RawJson.of(result);
        return Waiting.on(engine.tasks.complete(attempt.id(), OptionalInt.of(attempt.number()), json));
    }

    public List<Outcome<Completion>> complete(List<Attempt> attempts, String result) {
        RawJson json = RawJson.of(result);
        ResultFields fields = ResultFields.ofAny(json);
        return Waiting.on(engine.tasks.complete(attempts.stream()
                .map(attempt -> new Tasks.Result(attempt.id(), OptionalInt.of(attempt.number()), json, fields))
                .toList()));
    }

    /** The task loses its last lease. */
    public void giveUp(Attempt attempt) {
        Waiting.on(engine.tasks.giveUpLost(attempt.id(), attempt.number(), "It lost too many leases"));
    }

    public boolean cancel(TaskId id) {
        return engine.cancel(id);
    }

    public void run(String sql) {
        engine.run(sql);
    }

    /** The first column of what a query finds. */
    public List<String> rows(String sql, String... values) {
        return engine.rows(sql, values);
    }

    @Override
    public void close() {
        engine.close();
    }
}
