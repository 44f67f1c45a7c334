package io.carillon.dialect.task;

import io.carillon.queue.Queue;
import io.carillon.task.QueueState;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;

/**
 * How a level of a queue stands, in the words of the Task API (contract 3.7); after {@code mtime} what is ours.
 * Bella-Queue's shards and cursors do not exist here: their fields follow the counters, so that who compares them sees
 * the same picture. Times are UTC, without a zone, as Bella-Queue has them without one.
 */
record LevelStats(
        long id,
        String queue,
        int level,
        String lastWroteShardingKey,
        long lastWroteId,
        String lastScannedShardingKey,
        long lastScannedId,
        long totalPutCnt,
        long totalLoadedCnt,
        long totalCompletedCnt,
        long cuid,
        String cuName,
        long muid,
        String muName,
        String ctime,
        String mtime,
        long waiting,
        long running,
        double oldestWaitingSeconds,
        boolean paused,
        boolean draining) {

    static LevelStats of(Queue queue, QueueState state) {
        long put = state.count("put");
        long taken = put - state.count("waiting");
        return new LevelStats(
                queue.number() * 10L + state.level().value(),
                queue.name().text(),
                state.level().value(),
                "",
                put,
                "",
                taken,
                put,
                Math.max(0, taken),
                state.count("completed"),
                0,
                queue.createdBy(),
                0,
                queue.modifiedBy(),
                text(queue.createdAt()),
                text(queue.modifiedAt()),
                state.count("waiting"),
                state.count("running"),
                ageSeconds(state),
                queue.settings().paused(),
                queue.settings().draining());
    }

    static double ageSeconds(QueueState state) {
        return state.oldestAge().orElse(0) / 1000.0;
    }

    private static String text(long millis) {
        return DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(
                Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).atOffset(ZoneOffset.UTC));
    }
}
