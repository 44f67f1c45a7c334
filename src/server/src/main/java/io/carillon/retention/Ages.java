package io.carillon.retention;

import io.carillon.queue.Queue;
import io.carillon.queue.QueueSettings;
import io.carillon.queue.Queues;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/**
 * How old what has ended may become, by queue.
 *
 * @param usual for queues whose settings say nothing; zero for ever
 */
record Ages(Queues queues, Duration usual, Clock clock) {

    /** The instant, in ms since 1970, before which what ended is too old; 0 when nothing ever is. */
    long oldest(int queue) {
        Duration age = queue == 0
                ? usual
                : queues.find(queue)
                        .map(Queue::settings)
                        .map(QueueSettings::retention)
                        .or(() -> Optional.of(usual))
                        .get();
        return age.isZero() || age.isNegative() ? 0 : clock.millis() - age.toMillis();
    }
}
