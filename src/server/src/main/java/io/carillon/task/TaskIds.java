package io.carillon.task;

import io.carillon.queue.Level;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Makes task ids that are unique among all instances and across restarts: every start has another instance number, and
 * a second is not used again once its million sequence numbers are gone or the clock was set back. Safe for many threads.
 */
public final class TaskIds {
    private static final DateTimeFormatter SECOND =
            DateTimeFormatter.ofPattern("yyMMddHHmmss").withZone(ZoneOffset.UTC);
    private static final int SEQUENCES = 1_000_000;

    private final Clock clock;
    private final String instance;
    private long second;
    private int sequence;
    private String prefix;

    /** @param instance this instance's number, 0 to 9999, that no other running instance has */
    public TaskIds(Clock clock, int instance) {
        this.clock = clock;
        this.instance = String.format("%04d", instance);
        enter(clock.instant().getEpochSecond());
    }

    public TaskId next(int queue, Level level, ResponseMode mode) {
        String text;
        synchronized (this) {
            long now = clock.instant().getEpochSecond();
            if (now > second) {
                enter(now);
            } else if (sequence == SEQUENCES) {
                enter(second + 1);
            }
            text = "TASK-" + queue + '-' + level.value() + '-' + mode.letter() + '-' + prefix + '-' + instance + '-'
                    + String.valueOf(SEQUENCES + sequence++).substring(1);
        }
        return new TaskId(text, queue, level, mode);
    }

    private void enter(long newSecond) {
        second = newSecond;
        sequence = 0;
        prefix = SECOND.format(Instant.ofEpochSecond(newSecond));
    }
}
