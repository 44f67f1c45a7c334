package io.carillon.dialect.operations;

import io.carillon.instance.Instance;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.log.JsonLines;
import io.carillon.platform.log.LogSettings;
import io.carillon.platform.log.PlainLines;
import io.carillon.queue.Queue;
import io.carillon.queue.Queues;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import java.util.Optional;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Applies the settings of the log before all else starts, and says when the server starts and stops. */
@ApplicationScoped
class LogBeans {
    private static final Logger LOG = LoggerFactory.getLogger("io.carillon");
    private static final int FIRST = 0;
    private static final int LAST = 10_000;

    private final LogSettings settings = new LogSettings();

    void apply(@Observes @Priority(FIRST) Startup event, Configuration configuration, Queues queues) {
        IntFunction<Optional<String>> name = number -> name(queues, number);
        settings.apply(
                configuration.logFormat(),
                configuration.logLevel(),
                new JsonLines(name),
                own -> new PlainLines(own, name));
    }

    private static Optional<String> name(Queues queues, int number) {
        return queues.known().stream()
                .filter(queue -> queue.number() == number)
                .findFirst()
                .map(Queue::name)
                .map(name -> name.text());
    }

    void started(@Observes @Priority(LAST) Startup event, Instance me) {
        LOG.info("Instance {} works", me.name());
    }

    void stopped(@Observes @Priority(LAST) Shutdown event, Instance me) {
        LOG.info("Instance {} has stopped", me.name());
        settings.restore();
    }
}
