package io.carillon.queue;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.time.Duration;
import java.util.Optional;

/** A put was refused because the queue is being emptied: its operator wants no new tasks in it for a while. */
public class QueueDrains extends Refused {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(30);

    QueueDrains(QueueName name) {
        super(
                Reason.UNAVAILABLE,
                "Queue " + name + " is draining: it accepts no new tasks until an admin resumes it; try again later",
                "queue",
                RETRY_AFTER);
    }

    @Override
    public Optional<String> code() {
        return Optional.of("draining");
    }
}
