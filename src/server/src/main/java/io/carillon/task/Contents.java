package io.carillon.task;

import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import io.carillon.queue.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.client.codec.Codec;
import org.redisson.client.codec.StringCodec;
import org.redisson.codec.CompositeCodec;

/** What Redis has of a queue, for those who walk over it. Safe for many threads. */
class Contents {
    private static final Codec FIELDS = new CompositeCodec(StringCodec.INSTANCE, ByteArrayCodec.INSTANCE);
    private static final int MOST_GROUPS = 200;
    private final Script depth = Script.named("depth");
    private final Script recount = Script.named("recount");
    private final RedissonClient redis;
    private final QueueScripts scripts;

    Contents(RedissonClient redis, QueueScripts scripts) {
        this.redis = redis;
        this.scripts = scripts;
    }

    /**
     * The groups of a level that have something that waits, the nameless one as an empty text: those whose turn comes, and
     * those of which as many run as may. Of very many the first.
     */
    CompletionStage<List<String>> groups(int queue, Level level) {
        CompletionStage<List<String>> inTurn = Scripts.orRefused(
                        redis.<String>getScoredSortedSet(Keys.groups(queue, level), StringCodec.INSTANCE)
                                .valueRangeAsync(0, MOST_GROUPS - 1),
                        "Listing groups")
                .thenApply(groups -> groups.isEmpty() ? List.of("") : List.copyOf(groups));
        CompletionStage<Set<String>> blocked = Scripts.orRefused(
                redis.<String>getSet(Keys.blocked(queue, level), StringCodec.INSTANCE)
                        .randomAsync(MOST_GROUPS),
                "Listing groups");
        return inTurn.thenCombine(blocked, (ring, others) -> {
            Set<String> all = new LinkedHashSet<>(ring);
            all.addAll(others);
            return List.copyOf(all);
        });
    }

    /** What has waited longest of a group, of what was accepted until {@code until} (microseconds), at most {@code most}. */
    CompletionStage<List<TaskId>> waiting(int queue, Level level, String group, long until, int most) {
        return Scripts.orRefused(
                        redis.<String>getScoredSortedSet(Keys.ready(queue, level, group), StringCodec.INSTANCE)
                                .valueRangeAsync(0, true, until, true, 0, most),
                        "Listing waiting tasks")
                .thenApply(ids -> ids.stream().map(TaskId::parse).toList());
    }

    /** Newest first: online tasks accepted at {@code latest} (microseconds) or before. */
    CompletionStage<List<TaskId>> online(int queue, long latest, int most) {
        return Scripts.orRefused(
                        redis.<String>getScoredSortedSet(Keys.online(queue), StringCodec.INSTANCE)
                                .valueRangeReversedAsync(0, true, latest, true, 0, most),
                        "Listing online tasks")
                .thenApply(ids -> ids.stream().map(TaskId::parse).toList());
    }

    /** Forgets in the list of online tasks those accepted before {@code before} (microseconds). */
    CompletionStage<Integer> forgetOnline(int queue, long before) {
        return Scripts.orRefused(
                redis.<String>getScoredSortedSet(Keys.online(queue), StringCodec.INSTANCE)
                        .removeRangeByScoreAsync(0, true, before, false),
                "Forgetting online tasks");
    }

    /** What waits of a group: at most {@code most} tasks from the {@code from}th on, oldest first. */
    CompletionStage<List<TaskId>> ready(int queue, Level level, String group, int from, int most) {
        return Scripts.orRefused(
                        redis.<String>getScoredSortedSet(Keys.ready(queue, level, group), StringCodec.INSTANCE)
                                .valueRangeAsync(from, from + most - 1),
                        "Listing waiting tasks")
                .thenApply(ids -> ids.stream().map(TaskId::parse).toList());
    }

    /** Which of these tasks Redis lacks. */
    CompletionStage<Set<TaskId>> missing(List<TaskId> ids) {
        var batch = redis.createBatch();
        ids.forEach(id -> batch.getMap(Keys.task(id), FIELDS).isExistsAsync());
        return Scripts.orRefused(batch.executeAsync(), "Looking for tasks").thenApply(result -> {
            List<?> found = result.getResponses();
            return IntStream.range(0, ids.size())
                    .filter(i -> !Boolean.TRUE.equals(found.get(i)))
                    .mapToObj(ids::get)
                    .collect(Collectors.toSet());
        });
    }

    /** The tasks whose callers an instance holds. */
    CompletionStage<List<TaskId>> held(int queue, String instance) {
        return Scripts.orRefused(
                        redis.<String>getSet(Keys.held(queue, instance), StringCodec.INSTANCE)
                                .readAllAsync(),
                        "Reading a list of tasks")
                .thenApply(ids -> ids.stream().map(TaskId::parse).toList());
    }

    /** Ended online tasks whose callback may not be in MariaDB yet: any of them, at most {@code most}. */
    CompletionStage<List<TaskId>> owed(int queue, int most) {
        return Scripts.orRefused(
                        redis.<String>getSet(Keys.owed(queue), StringCodec.INSTANCE)
                                .randomAsync(most),
                        "Looking for owed callbacks")
                .thenApply(ids -> ids.stream().map(TaskId::parse).toList());
    }

    /**
     * How the levels of a queue stand that were ever used: counts, {@code <state>} and {@code put|taken|completed|redelivered},
     * and for how long what has waited longest does.
     */
    CompletionStage<List<QueueState>> depth(int queue) {
        return scripts.listOfAnyEpoch(depth, queue).thenApply(Contents::states);
    }

    private static List<QueueState> states(List<Object> answer) {
        Map<Integer, Map<String, Long>> counts = new TreeMap<>();
        List<?> named = (List<?>) answer.get(0);
        for (int i = 0; i < named.size(); i += 2) {
            String[] name = Scripts.text(named.get(i)).split(":", 2);
            counts.computeIfAbsent(Integer.valueOf(name[0]), level -> new HashMap<>())
                    .put(name[1], Scripts.number(named.get(i + 1)));
        }
        Map<Integer, Long> oldest = new HashMap<>();
        List<?> ages = (List<?>) answer.get(1);
        for (int i = 0; i < ages.size(); i += 2) {
            oldest.put((int) Scripts.number(ages.get(i)), Scripts.number(ages.get(i + 1)));
        }
        List<QueueState> states = new ArrayList<>();
        counts.forEach((level, ofLevel) -> states.add(new QueueState(
                new Level(level),
                ofLevel,
                oldest.containsKey(level) ? OptionalLong.of(oldest.get(level)) : OptionalLong.empty())));
        return states;
    }

    /** Mends the count of a level's tasks in a state, unless it has changed since it was seen. */
    CompletionStage<Boolean> recount(int queue, Level level, TaskState state, long seen, long right) {
        return scripts.number(recount, queue, level.value(), state.word(), seen, right)
                .thenApply(mended -> mended == 1);
    }
}
