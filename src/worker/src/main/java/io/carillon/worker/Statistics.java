package io.carillon.worker;

import java.time.Duration;
import java.time.Instant;

/**
 * What a worker has done since it started.
 *
 * @param taken tasks that it was given
 * @param completed results that the server accepted
 * @param failed attempts that failed and were handed back for another
 * @param refused results that came too late: the task was cancelled, over its time, or somebody else's by then
 * @param released tasks that were handed back unharmed
 * @param cancelled tasks that the server took away: cancelled, over their time, or a lost lease
 * @param retriedLater how often a task was kept for a little later
 * @param callErrors calls of the server that were given up
 * @param running tasks that it has now
 * @param busy time that tasks took from when they were taken to their end, summed up
 * @param started when the worker started
 * @param lastError what went wrong last, in words; null when nothing did
 */
public record Statistics(
        long taken,
        long completed,
        long failed,
        long refused,
        long released,
        long cancelled,
        long retriedLater,
        long callErrors,
        int running,
        Duration busy,
        Instant started,
        String lastError) {

    /** Tasks that ended well or not, of all those that ended by this worker; 0 to 100, or NaN when there were none. */
    public double successPercent() {
        return 100.0 * completed / (completed + failed);
    }
}
