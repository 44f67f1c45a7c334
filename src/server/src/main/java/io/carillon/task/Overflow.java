package io.carillon.task;

import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import io.carillon.queue.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.redisson.api.RBucket;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;

/** What waits in MariaDB only, because Redis has no room for it. Safe for many threads. */
class Overflow {
    private static final int MOST_GROUPS = 200;
    private static final Duration LONGEST_TURN = Duration.ofSeconds(10);

    private final Script overflow = Script.named("overflow");
    private final Script refilled = Script.named("refilled");
    private final Script fullness = Script.named("fullness");
    private final RedissonClient redis;
    private final QueueScripts scripts;
    private final Window.Room room;

    Overflow(RedissonClient redis, QueueScripts scripts, Window.Room room) {
        this.redis = redis;
        this.scripts = scripts;
        this.room = room;
    }

    /** The acceptance order of the newest task of a group that can be taken; 0 when there is none. */
    CompletionStage<Long> newest(int queue, Level level, String group) {
        return Scripts.orRefused(
                        redis.<String>getScoredSortedSet(Keys.ready(queue, level, group), StringCodec.INSTANCE)
                                .lastScoreAsync(),
                        "Looking for the newest task")
                .thenApply(score -> score == null ? 0 : score.longValue());
    }

    /**
     * Says that a group has tasks that wait in MariaDB only.
     *
     * @param oldest the place of the oldest such
     * @param newest the place of the newest such
     */
    record Mark(long oldest, long newest) {
        static Mark parse(String text) {
            int colon = text.indexOf(':');
            return new Mark(Long.parseLong(text.substring(0, colon)), Long.parseLong(text.substring(colon + 1)));
        }

        @Override
        public String toString() {
            return oldest + ":" + newest;
        }
    }

    /** Groups of which tasks wait in MariaDB only; not more than there is use for at once. */
    CompletionStage<Map<String, Mark>> marks(int queue, Level level) {
        return marks(queue, level, "");
    }

    /** Those of them of which no task is in Redis, so that none could be taken. */
    CompletionStage<Map<String, Mark>> marksOfEmpty(int queue, Level level) {
        return marks(queue, level, "empty");
    }

    private CompletionStage<Map<String, Mark>> marks(int queue, Level level, String which) {
        return scripts.listOfAnyEpoch(overflow, queue, level.value(), MOST_GROUPS, which)
                .thenApply(answer -> {
                    Map<String, Mark> marks = new LinkedHashMap<>();
                    for (int i = 0; i < answer.size(); i += 2) {
                        marks.put(Scripts.text(answer.get(i)), Mark.parse(Scripts.text(answer.get(i + 1))));
                    }
                    return marks;
                });
    }

    /** Moves a group's mark on, or clears it, unless something came since it was read. */
    CompletionStage<Boolean> refilled(int queue, Level level, String group, Mark read, Optional<Mark> now) {
        return scripts.number(
                        refilled,
                        queue,
                        level.value(),
                        group,
                        read,
                        now.<Object>map(Mark::toString).orElse(""))
                .thenApply(moved -> moved == 1);
    }

    /**
     * Lets nobody else refill a level for a while. What two instances had read would come to Redis twice: a second time after
     * a quick worker is done with it.
     *
     * @return what {@link #endTurn} wants, or empty when another instance has its turn
     */
    CompletionStage<Optional<String>> takeTurn(int queue, Level level) {
        String turn = UUID.randomUUID().toString();
        return Scripts.orRefused(
                        turns(queue, level).setIfAbsentAsync(turn, LONGEST_TURN), "Taking the turn to refill a window")
                .thenApply(mine -> mine ? Optional.of(turn) : Optional.empty());
    }

    CompletionStage<Boolean> endTurn(int queue, Level level, String turn) {
        return Scripts.orRefused(
                turns(queue, level).compareAndSetAsync(turn, null), "Ending the turn to refill a window");
    }

    private RBucket<String> turns(int queue, Level level) {
        return redis.getBucket(Keys.refilling(queue, level), StringCodec.INSTANCE);
    }

    /**
     * The window of a level as it is.
     *
     * @param full how much of its room is taken; may be more than 1
     * @param tasks for how many tasks there is room, taken or not
     */
    record Fullness(double full, int tasks) {}

    CompletionStage<Fullness> fullness(int queue, Level level) {
        return scripts.listOfAnyEpoch(fullness, queue, level.value(), room.tasks(), room.bytes(), room.memory())
                .thenApply(answer -> new Fullness((Long) answer.get(0) / 1000.0, ((Long) answer.get(1)).intValue()));
    }

    /** Says that tasks of these groups wait in MariaDB only. */
    CompletionStage<Void> mark(int queue, Level level, Map<String, Mark> marks) {
        Map<String, String> texts = new LinkedHashMap<>();
        marks.forEach((group, mark) -> texts.put(group, mark.toString()));
        return Scripts.orRefused(
                redis.<String, String>getMap(Keys.overflow(queue, level), StringCodec.INSTANCE)
                        .putAllAsync(texts),
                "Marking groups");
    }
}
