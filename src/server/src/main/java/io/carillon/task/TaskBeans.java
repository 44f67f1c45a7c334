package io.carillon.task;

import io.carillon.callback.Callbacks;
import io.carillon.instance.Instance;
import io.carillon.instance.Instances;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.database.Database;
import io.carillon.platform.redis.Scripts;
import io.carillon.platform.redis.Words;
import io.carillon.queue.Queues;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Provider;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import org.redisson.api.RedissonClient;

/** Puts the engine together. */
@ApplicationScoped
class TaskBeans {

    /** A script that finds Redis empty asks for a rebuild, which runs scripts: so it is looked up only then. */
    @Produces
    @Singleton
    QueueScripts scripts(Scripts scripts, Provider<Rebuild> rebuild, BusyQueues busy, ExecutorService executor) {
        return new QueueScripts(
                scripts, new Epochs(executor, queue -> rebuild.get().restore(queue)), busy);
    }

    @Produces
    @Singleton
    BusyQueues busyQueues() {
        return new BusyQueues();
    }

    @Produces
    @Singleton
    Window.Room room(Configuration configuration) {
        return new Window.Room(configuration.windowTasks(), configuration.windowBytes(), configuration.redisBytes());
    }

    @Produces
    @Singleton
    Window window(RedissonClient redis, QueueScripts scripts, Window.Room room) {
        return new Window(redis, scripts, room);
    }

    @Produces
    @Singleton
    Contents contents(RedissonClient redis, QueueScripts scripts) {
        return new Contents(redis, scripts);
    }

    @Produces
    @Singleton
    Overflow overflow(RedissonClient redis, QueueScripts scripts, Window.Room room) {
        return new Overflow(redis, scripts, room);
    }

    @Produces
    @Singleton
    PastAttempts past(RedissonClient redis, QueueScripts scripts) {
        return new PastAttempts(redis, scripts);
    }

    @Produces
    @Singleton
    Rebuild rebuild(
            Database database, Queues queues, Window window, Overflow overflow, QueueScripts scripts, Backlog backlog) {
        return new Rebuild(database, queues, window, overflow, new Restoration(scripts), backlog);
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
    AttemptRecords records(PastAttempts past, AttemptTable attempts, ExecutorService executor) {
        return new AttemptRecords(past, attempts, executor);
    }

    @Produces
    @Singleton
    Leases leases(
            Window window,
            TaskTable table,
            Tasks tasks,
            Rebuild rebuild,
            AttemptRecords records,
            LeaseNotes notes,
            ExecutorService executor) {
        return new Leases(window, table, tasks, rebuild, records, notes, executor);
    }

    @Produces
    @Singleton
    Refill refill(Window window, Overflow overflow, Backlog backlog, Words words, ExecutorService executor) {
        return new Refill(window, overflow, backlog, words, executor);
    }

    @Produces
    @Singleton
    TaskCounts counts(Window window) {
        return window.counted();
    }

    @Produces
    @Singleton
    TaskTable table(Database database, Callbacks callbacks, Tally tally, Clock clock) {
        return new TaskTable(database, callbacks, tally, clock);
    }

    @Produces
    @Singleton
    Tally tally(Database database) {
        return new Tally(database);
    }

    @Produces
    @Singleton
    Lines lines(Database database) {
        return new Lines(database);
    }

    @Produces
    @Singleton
    Groups groups(QueueScripts scripts) {
        return new Groups(scripts);
    }

    @Produces
    @Singleton
    LeaseNotes notes(Database database, ExecutorService executor, ScheduledExecutorService scheduler) {
        return new LeaseNotes(new LeaseNoteTable(database), executor, scheduler);
    }

    @Produces
    @Singleton
    Tasks tasks(
            Window window,
            Contents contents,
            TaskTable table,
            Instance instance,
            Configuration configuration,
            Callbacks callbacks,
            Tally tally,
            OnlineDeaths deaths,
            LeaseNotes notes,
            Event<TaskEnded> ended,
            ExecutorService executor,
            Clock clock) {
        Tasks.Rules rules = new Tasks.Rules(
                configuration.onlineCapacity(), configuration.onlineRetention(), configuration.strictStatus());
        TaskIds ids = new TaskIds(clock, instance.number());
        return new Tasks(window, contents, table, ids, rules, callbacks, tally, deaths, notes, ended::fire, executor);
    }

    @Produces
    @Singleton
    OnlineDeaths deaths(
            Database database,
            Window window,
            PastAttempts past,
            RedissonClient redis,
            QueueScripts scripts,
            TaskTable table,
            AttemptTable attempts,
            Callbacks callbacks,
            Configuration configuration,
            ExecutorService executor,
            Clock clock) {
        DeadList list = new DeadList(redis, scripts, configuration.onlineRetention());
        return new OnlineDeaths(database, window, past, list, table, attempts, callbacks, executor, clock);
    }

    @Produces
    @Singleton
    DeadLetters deadLetters(
            Database database,
            Window window,
            Contents contents,
            Backlog backlog,
            AttemptRecords records,
            OnlineDeaths deaths,
            Clock clock) {
        return new DeadLetters(database, window, contents, backlog, records, deaths, clock);
    }

    @Produces
    @Singleton
    TaskLog taskLog(PastAttempts past, AttemptRecords records, ExecutorService executor) {
        return new TaskLog(past, records, executor);
    }

    @Produces
    @Singleton
    Purges purges(Window window, Contents contents, TaskTable table, Tasks tasks, ExecutorService executor) {
        return new Purges(new WaitingTasks(window, contents, table, tasks)::clear, executor);
    }

    @Produces
    @Singleton
    QueueStates queueStates(Contents contents) {
        return new QueueStates(contents);
    }

    @Produces
    @Singleton
    Takes takes(
            Queues queues, Window window, Leases leases, TaskTable table, LeaseNotes notes, ExecutorService executor) {
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
            Takes takes, Stops stops, RedissonClient redis, ScheduledExecutorService scheduler, Clock clock) {
        return new LongTakes(takes, stops, redis, scheduler, clock);
    }

    @Produces
    @Singleton
    Sweep sweep(
            Queues queues,
            Window window,
            Contents contents,
            Overflow overflow,
            TaskTable table,
            Backlog backlog,
            Refill refill,
            Tasks tasks,
            OnlineDeaths deaths,
            Clock clock,
            BusyQueues busy,
            Configuration configuration) {
        return new Sweep(
                queues,
                window,
                contents,
                overflow,
                table,
                backlog,
                refill,
                tasks,
                deaths,
                clock,
                busy,
                configuration.onlineRetention());
    }

    @Produces
    @Singleton
    Reaper reaper(
            Queues queues,
            Window window,
            Contents contents,
            TaskTable table,
            Tasks tasks,
            Leases leases,
            AttemptRecords records,
            Sweep sweep,
            BusyQueues busy,
            ExecutorService executor,
            ScheduledExecutorService scheduler) {
        return new Reaper(queues, window, contents, table, tasks, leases, records, sweep, busy, executor, scheduler);
    }

    /** After what it stands on, so that the first request finds all of it. */
    void start(@Observes Startup event, LongTakes longTakes, Refill refill, Reaper reaper, Instances instances) {
        longTakes.start();
        refill.start();
        reaper.start();
        instances.onSilence(reaper::cancelHeld);
    }

    void stop(@Observes Shutdown event, LongTakes longTakes, Refill refill, Reaper reaper, LeaseNotes notes) {
        longTakes.stop();
        notes.writeTaken();
        refill.stop();
        reaper.stop();
    }
}
