package io.carillon.task;

import io.carillon.callback.Callbacks;
import io.carillon.instance.Instance;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.database.Database;
import io.carillon.platform.database.GroupCommit;
import io.carillon.platform.redis.Scripts;
import io.carillon.queue.Queues;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Collections;
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
    Depths depths(Scripts scripts) {
        return new Depths(scripts);
    }

    @Produces
    @Singleton
    TaskTable table(Database database, Callbacks callbacks, Clock clock) {
        return new TaskTable(database, callbacks, clock);
    }

    @Produces
    @Singleton
    GroupCommit<LeaseNote, Boolean> notes(TaskTable table, ManagedExecutorService executor) {
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
            ManagedExecutorService executor,
            Clock clock) {
        Tasks.Limits limits = new Tasks.Limits(configuration.onlineCapacity(), configuration.onlineRetention());
        TaskIds ids = new TaskIds(clock, instance.number());
        return new Tasks(window, table, ids, limits, callbacks, ended::fire, executor);
    }

    @Produces
    @Singleton
    Takes takes(
            Queues queues,
            Window window,
            TaskTable table,
            GroupCommit<LeaseNote, Boolean> notes,
            ManagedExecutorService executor) {
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
            ManagedScheduledExecutorService scheduler,
            Configuration configuration,
            Clock clock) {
        return new Reaper(queues, window, table, tasks, notes, scheduler, clock, configuration.onlineRetention());
    }
}
