package io.carillon.batch;

import io.carillon.callback.CallbackAddress;
import io.carillon.callback.Callbacks;
import io.carillon.channel.Channels;
import io.carillon.file.Files;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.database.Database;
import io.carillon.queue.Queues;
import io.carillon.quota.Quotas;
import io.carillon.security.Keys;
import io.carillon.task.Groups;
import io.carillon.task.Lines;
import io.carillon.task.Tally;
import io.carillon.task.Tasks;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;

/** Puts the batches together, and runs what works on them while the application does. */
@ApplicationScoped
class BatchBeans {
    /** A line is its body and what stands around that. */
    private static final int AROUND_A_BODY = 64 << 10;

    @Produces
    @Singleton
    BatchTable table(Database database, Quotas quotas) {
        return new BatchTable(database, quotas);
    }

    @Produces
    @Singleton
    BatchCounts counts() {
        return new BatchCounts();
    }

    @Produces
    @Singleton
    Routes routes(Queues queues, Channels channels, Keys keys) {
        return new Routes(queues, channels, keys);
    }

    @Produces
    @Singleton
    Validator.Limits limits(Configuration configuration) {
        return new Validator.Limits(
                configuration.batchLines(),
                configuration.batchLines(),
                configuration.bodyLimit() + AROUND_A_BODY,
                configuration.jsonDepth());
    }

    @Produces
    @Singleton
    Caretaker caretaker(
            Database database,
            BatchTable table,
            Files files,
            Queues queues,
            Routes routes,
            Validator.Limits limits,
            Lines lines,
            Groups groups,
            Tasks tasks,
            Tally tally,
            Callbacks callbacks,
            BatchCounts counts,
            Configuration configuration,
            ExecutorService executor,
            ScheduledExecutorService scheduler,
            Clock clock) {
        Steps steps = new Steps(
                database,
                table,
                files,
                queues,
                routes,
                new Validator(limits),
                new Splitter(files, tasks, clock, limits),
                new Finalizer(files, lines, limits),
                lines,
                groups,
                tasks,
                tally,
                new Webhook(callbacks, clock),
                counts,
                scheduler,
                clock,
                configuration.batchCancelGrace());
        return new Caretaker(table, steps, executor, scheduler);
    }

    @Produces
    @Singleton
    Batches batches(
            BatchTable table,
            Files files,
            Queues queues,
            Routes routes,
            Groups groups,
            Lines lines,
            Validator.Limits limits,
            CallbackAddress addresses,
            Caretaker caretaker) {
        Again again = new Again(files, limits);
        return new Batches(table, files, queues, routes, new Gate(table, groups), lines, again, addresses, caretaker);
    }

    void start(@Observes Startup event, Caretaker caretaker, Tally tally) {
        tally.onEnd(caretaker::ended);
        caretaker.start();
    }

    void stop(@Observes Shutdown event, Caretaker caretaker) {
        caretaker.stop();
    }
}
