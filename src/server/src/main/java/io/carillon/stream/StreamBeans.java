package io.carillon.stream;

import io.carillon.instance.Instance;
import io.carillon.instance.Instances;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.database.Database;
import io.carillon.platform.metrics.BusLatency;
import io.carillon.platform.redis.Scripts;
import io.carillon.queue.OnDisconnect;
import io.carillon.queue.Queues;
import io.carillon.task.TaskEnded;
import io.carillon.task.Tasks;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import org.redisson.api.RedissonClient;

/** Begins to listen before the first request and answers those who wait before the server is gone. */
@ApplicationScoped
class StreamBeans {
    private static final int FIRST = 100;

    @Produces
    @Singleton
    EventBus bus(
            RedissonClient redis,
            Scripts scripts,
            Instance me,
            Database database,
            Configuration configuration,
            ExecutorService executor,
            ScheduledExecutorService scheduler) {
        BusSecrets secrets = BusSecrets.of(database);
        BusUser user = new BusUser(
                redis,
                configuration.eventBusUser(),
                secrets.password(),
                EventBus.TOPIC,
                configuration.redisUrl(),
                configuration.eventBusUrl());
        return new EventBus(
                redis,
                scripts,
                user,
                new Seal(secrets.seal()),
                me.name(),
                configuration.jsonDepth(),
                executor,
                scheduler);
    }

    @Produces
    @Singleton
    Engine engine(Tasks tasks, Queues queues) {
        return new TasksEngine(tasks, id -> queues.find(id.queue())
                .map(queue -> queue.settings().onDisconnect() == OnDisconnect.FINISH)
                .orElse(false));
    }

    @Produces
    @Singleton
    Callers callers(
            Instance me,
            Engine engine,
            EventBus bus,
            Scripts scripts,
            Configuration configuration,
            ExecutorService executor,
            ScheduledExecutorService scheduler) {
        return new Callers(
                me.name(), engine, bus, new Standings(scripts), executor, scheduler, configuration.callersMax());
    }

    @Produces
    @Singleton
    WorkerEvents workerEvents(
            Instance me,
            Callers callers,
            Engine engine,
            EventBus bus,
            Scripts scripts,
            ScheduledExecutorService scheduler) {
        return new WorkerEvents(me.name(), callers, engine, bus, new Standings(scripts), scheduler);
    }

    @Produces
    @Singleton
    LateCallers lateCallers(Engine engine, ScheduledExecutorService scheduler) {
        return new LateCallers(engine, scheduler);
    }

    @Produces
    @Singleton
    TaskEvents taskEvents(
            Tasks tasks,
            RedissonClient redis,
            Scripts scripts,
            ExecutorService executor,
            ScheduledExecutorService scheduler) {
        return new TaskEvents(tasks::watch, redis, scripts, executor, scheduler);
    }

    void start(
            @Observes Startup event,
            EventBus bus,
            Callers callers,
            WorkerEvents workerEvents,
            TaskEvents events,
            Instances instances,
            BusLatency latency) {
        instances.onSilence(bus::bury);
        String stream = EventBus.TOPIC + instances.me().name();
        latency.show(stream);
        bus.measure(millis -> latency.record(stream, millis));
        bus.start(workerEvents::told);
        callers.start();
        events.start();
    }

    void ended(@Observes TaskEnded end, Callers callers) {
        callers.ended(end);
    }

    void stop(@Observes @Priority(FIRST) Shutdown event, EventBus bus, Callers callers, TaskEvents events) {
        callers.stop();
        events.stop();
        bus.stop();
    }
}
