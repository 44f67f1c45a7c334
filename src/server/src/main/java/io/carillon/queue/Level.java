package io.carillon.queue;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;

/**
 * How urgent a task is within its queue; smaller goes first.
 *
 * @param value 0 is online, 1 to 9 are offline
 */
public record Level(int value) implements Comparable<Level> {
    public static final Level ONLINE = new Level(0);
    public static final int LOWEST = 9;

    /** @throws Refused {@link Reason#INVALID} */
    public Level {
        if (value < 0 || value > LOWEST) {
            throw new Refused(Reason.INVALID, "Unknown level " + value + ": it must be from 0 to " + LOWEST, "level");
        }
    }

    /** Whether tasks live in Redis only and their callers may wait for them. */
    public boolean isOnline() {
        return value == 0;
    }

    @Override
    public int compareTo(Level other) {
        return Integer.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Integer.toString(value);
    }
}
