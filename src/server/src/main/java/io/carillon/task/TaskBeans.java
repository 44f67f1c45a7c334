package io.carillon.task;

import io.carillon.callback.Callbacks;
import io.carillon.instance.Instance;
import io.carillon.instance.Instances;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.database.Database;
import io.carillon.platform.database.GroupCommit;
import io.carillon.platform.redis.Scripts;
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
import org.redisson.api.RedissonClient;

/** Puts the engine together. */
@ApplicationScoped
class TaskBeans {

    @Produces
    @Singleton
    Window window(RedissonClient redis, Scripts scripts) {
        return new Window(redis, scripts);
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
            TaskTable table,
            GroupCommit<LeaseNote, Boolean> notes,
            ExecutorService executor) {
        return new Takes(queues, window, table, notes, executor);
    }

    @Produces
    @Singleton
    LongTakes longTakes(Takes takes, RedissonClient redis, ManagedScheduledExecutorService scheduler, Clock clock) {
        return new LongTakes(takes, redis, scheduler, clock);
    }

    @Produces
    @Singleton
    Reaper reaper(
            Queues queues,
            Window window,
            TaskTable table,
            Tasks tasks,
            GroupCommit<LeaseNote, Boolean> notes,
            ExecutorService executor,
            ManagedScheduledExecutorService scheduler,
            Configuration configuration,
            Clock clock) {
        return new Reaper(
                queues, window, table, tasks, notes, executor, scheduler, clock, configuration.onlineRetention());
    }

    /** After what it stands on, so that the first request finds all of it. */
    void start(@Observes Startup event, LongTakes longTakes, Reaper reaper, Instances instances) {
        longTakes.start();
        reaper.start();
        instances.onSilence(reaper::cancelHeld);
    }

    void stop(@Observes Shutdown event, LongTakes longTakes, Reaper reaper) {
        longTakes.stop();
        reaper.stop();
    }
}
