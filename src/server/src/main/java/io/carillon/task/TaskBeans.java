package io.carillon.task;

import io.carillon.callback.Callbacks;
import io.carillon.instance.Instance;
import io.carillon.instance.Instances;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.database.Database;
import io.carillon.platform.database.GroupCommit;
import io.carillon.platform.redis.Scripts;
import io.carillon.platform.redis.Words;
import io.carillon.queue.Queues;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Collections;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import org.redisson.api.RedissonClient;

/** Puts the engine together. */
@ApplicationScoped
class TaskBeans {

    /** They need each other: Redis's side asks for a rebuild, and a rebuild goes through Redis's side. */
    private record Sides(Window window, Rebuild rebuild) {}

    @Produces
    @Singleton
    Sides sides(
            RedissonClient redis,
            Scripts scripts,
            Database database,
            Queues queues,
            Backlog backlog,
            Configuration configuration,
            ExecutorService executor) {
        AtomicReference<Rebuild> rebuild = new AtomicReference<>();
        Epochs epochs = new Epochs(executor, queue -> rebuild.get().restore(queue));
        Window.Room room = new Window.Room(configuration.windowTasks(), configuration.windowBytes());
        Window window = new Window(redis, new QueueScripts(scripts, epochs), room);
        rebuild.set(new Rebuild(database, queues, window, backlog));
        return new Sides(window, rebuild.get());
    }

    @Produces
    @Singleton
    Window window(Sides sides) {
        return sides.window();
    }

    @Produces
    @Singleton
    Rebuild rebuild(Sides sides) {
        return sides.rebuild();
    }

    @Produces
    @Singleton
    Backlog backlog(Database database) {
        return new Backlog(database);
    }

    @Produces
    @Singleton
    AttemptTable attempts(Database database) {
        return new AttemptTable(database);
    }

    @Produces
    @Singleton
    AttemptRecords records(Window window, AttemptTable attempts, ExecutorService executor) {
        return new AttemptRecords(window, attempts, executor);
    }

    @Produces
    @Singleton
    Leases leases(
            Window window,
            TaskTable table,
            Tasks tasks,
            Rebuild rebuild,
            AttemptRecords records,
            GroupCommit<LeaseNote, Boolean> notes,
            ExecutorService executor) {
        return new Leases(window, table, tasks, rebuild, records, notes, executor);
    }

    @Produces
    @Singleton
    Refill refill(Window window, Backlog backlog, Words words, ExecutorService executor) {
        return new Refill(window, backlog, words, executor);
    }

    @Produces
    @Singleton
    TaskCounts counts(Window window) {
        return window.counted();
    }

    @Produces
    @Singleton
    TaskTable table(Database database, Callbacks callbacks, Clock clock) {
        return new TaskTable(database, callbacks, clock);
    }

    @Produces
    @Singleton
    GroupCommit<LeaseNote, Boolean> notes(TaskTable table, ExecutorService executor) {
        return new GroupCommit<>(executor, note -> 128, notes -> {
            table.noteAttempts(notes);
            return Collections.nCopies(notes.size(), true);
        });
    }

    @Produces
    @Singleton
    Tasks tasks(
            Window window,
            TaskTable table,
            Instance instance,
            Configuration configuration,
            Callbacks callbacks,
            Event<TaskEnded> ended,
            ExecutorService executor,
            Clock clock) {
        Tasks.Rules rules = new Tasks.Rules(
                configuration.onlineCapacity(), configuration.onlineRetention(), configuration.strictStatus());
        TaskIds ids = new TaskIds(clock, instance.number());
        return new Tasks(window, table, ids, rules, callbacks, ended::fire, executor);
    }

    @Produces
    @Singleton
    DeadLetters deadLetters(Database database, Window window, Backlog backlog, AttemptRecords records, Clock clock) {
        return new DeadLetters(database, window, backlog, records, clock);
    }

    @Produces
    @Singleton
    TaskLog taskLog(Window window, AttemptRecords records, ExecutorService executor) {
        return new TaskLog(window, records, executor);
    }

    @Produces
    @Singleton
    Purges purges(Tasks tasks, ExecutorService executor) {
        return new Purges(tasks::clear, executor);
    }

    @Produces
    @Singleton
    QueueStates queueStates(Window window) {
        return new QueueStates(window);
    }

    @Produces
    @Singleton
    Takes takes(
            Queues queues,
            Window window,
            Leases leases,
            TaskTable table,
            GroupCommit<LeaseNote, Boolean> notes,
            ExecutorService executor) {
        return new Takes(queues, window, leases, table, notes, executor);
    }

    @Produces
    @Singleton
    Stops stops(Clock clock) {
        return new Stops(clock);
    }

    @Produces
    @Singleton
    LongTakes longTakes(
            Takes takes, Stops stops, RedissonClient redis, ManagedScheduledExecutorService scheduler, Clock clock) {
        return new LongTakes(takes, stops, redis, scheduler, clock);
    }

    @Produces
    @Singleton
    Sweep sweep(
            Queues queues,
            Window window,
            TaskTable table,
            Backlog backlog,
            Refill refill,
            Tasks tasks,
            Clock clock,
            Configuration configuration) {
        return new Sweep(queues, window, table, backlog, refill, tasks, clock, configuration.onlineRetention());
    }

    @Produces
    @Singleton
    Reaper reaper(
            Queues queues,
            Window window,
            TaskTable table,
            Tasks tasks,
            Leases leases,
            AttemptRecords records,
            Sweep sweep,
            ExecutorService executor,
            ManagedScheduledExecutorService scheduler) {
        return new Reaper(queues, window, table, tasks, leases, records, sweep, executor, scheduler);
    }

    /** After what it stands on, so that the first request finds all of it. */
    void start(@Observes Startup event, LongTakes longTakes, Refill refill, Reaper reaper, Instances instances) {
        longTakes.start();
        refill.start();
        reaper.start();
        instances.onSilence(reaper::cancelHeld);
    }

    void stop(@Observes Shutdown event, LongTakes longTakes, Refill refill, Reaper reaper) {
        longTakes.stop();
        refill.stop();
        reaper.stop();
    }
}
