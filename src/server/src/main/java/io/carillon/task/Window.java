package io.carillon.task;

import io.carillon.platform.json.RawJson;
import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import io.carillon.queue.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.redisson.api.RMap;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.client.codec.Codec;
import org.redisson.client.codec.StringCodec;
import org.redisson.codec.CompositeCodec;

/**
 * Redis's side of the queues: the truth about online tasks and about who has which lease, and a window on the offline
 * ones. Each method is one script, so it happens as a whole or not at all. All of it is asynchronous and fails with
 * {@link io.carillon.platform.error.Refused} when Redis does not answer. Safe for many threads.
 */
class Window {
    /** A task that ended by this call, with what is known of its last attempt, and its specification if it owes a callback. */
    record Ended(int attempt, long accepted, long started, String instance, long now, Optional<Specification> owed) {}

    /** What came of an attempt to end a task. */
    record Ending(Completion completion, Optional<Ended> ended) {}

    /** Whose time ran out: attempts whose lease did, and online tasks whose life did. */
    record Lapsed(Map<TaskId, Integer> leases, List<TaskId> expired) {
        boolean isEmpty() {
            return leases.isEmpty() && expired.isEmpty();
        }
    }

    /** What a taken task may cost and who takes it. */
    record Claim(
            int size,
            Duration leastAge,
            Duration lease,
            String worker,
            OptionalInt lostLeases,
            boolean sequential,
            boolean listen) {}

    /** The newest event of a watched task, and its state at that event when Redis has it. */
    record Watch(String newest, Optional<TaskState> state, int attempt) {}

    private static final Codec FIELDS = new CompositeCodec(StringCodec.INSTANCE, ByteArrayCodec.INSTANCE);
    private static final int CLAIMED = 10;

    private final Script accept = Script.named("accept");
    private final Script put = Script.named("put");
    private final Script add = Script.named("add");
    private final Script peek = Script.named("peek");
    private final Script claim = Script.named("claim");
    private final Script end = Script.named("end");
    private final Script lapsed = Script.named("lapsed");
    private final Script redeliver = Script.named("redeliver");
    private final Script release = Script.named("release");
    private final Script progress = Script.named("progress");
    private final Script watch = Script.named("watch");
    private final Script depth = Script.named("depth");

    private final RedissonClient redis;
    private final Scripts scripts;
    private final TaskCounts counted = new TaskCounts();

    Window(RedissonClient redis, Scripts scripts) {
        this.redis = redis;
        this.scripts = scripts;
    }

    /** What this instance has done. */
    TaskCounts counted() {
        return counted;
    }

    /** Allots acceptance orders: the answer is the first of {@code count}. */
    CompletionStage<Long> accept(int queue, int count) {
        return scripts.text(accept, Keys.queue(queue), count).thenApply(Long::valueOf);
    }

    /** Puts an online task; empty when {@code capacity} tasks of its level wait already. */
    CompletionStage<Optional<Task>> put(NewTask task, int capacity, int lostLeases) {
        TaskId id = task.id();
        String instance = task.instance() == null ? "" : task.instance();
        return scripts.list(
                        put,
                        Keys.queue(id.queue()),
                        id.text(),
                        id.level().value(),
                        task.life().toMillis(),
                        capacity,
                        instance,
                        lostLeases,
                        task.specification().json(),
                        task.data().bytes(),
                        task.owesCallback() ? "owes" : "")
                .thenApply(answer -> answer.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new Task(
                                id,
                                TaskState.WAITING,
                                task.specification(),
                                task.data(),
                                Scripts.number(answer.get(0)),
                                Scripts.number(answer.get(1)),
                                0,
                                0,
                                null,
                                0,
                                0,
                                0,
                                null,
                                null,
                                null,
                                task.instance())));
    }

    /**
     * Adds offline tasks of one queue; those that are there already stay as they are.
     *
     * @param again whether they were counted when they were put, and only come back
     */
    CompletionStage<Long> add(int queue, Collection<StoredTask> tasks, boolean again) {
        List<Object> arguments = new ArrayList<>();
        arguments.add(again ? "again" : "new");
        for (StoredTask stored : tasks) {
            Task task = stored.task();
            arguments.add(task.id().text());
            arguments.add(task.id().level().value());
            arguments.add(task.accepted());
            arguments.add(task.expires());
            arguments.add(task.attempt());
            arguments.add(task.lost());
            arguments.add(stored.lostLeases());
            arguments.add(task.specification().json());
            arguments.add(stored.fitsWindow() ? task.data().bytes() : "");
        }
        return scripts.number(add, Keys.queue(queue), arguments.toArray());
    }

    /** The acceptance orders of what could be taken, per level, oldest first, at most {@code size} of each. */
    CompletionStage<List<List<Long>>> peek(int queue, int size, Duration leastAge, List<Level> levels) {
        List<Object> arguments = new ArrayList<>(List.of(size, leastAge.toMillis()));
        levels.forEach(level -> arguments.add(level.value()));
        return scripts.list(peek, Keys.queue(queue), arguments.toArray()).thenApply(answer -> answer.stream()
                .map(orders -> ((List<?>) orders).stream().map(Scripts::number).toList())
                .toList());
    }

    /** Takes tasks of one queue, level by level, at most so many of each as {@code wanted} says. */
    CompletionStage<List<Attempt>> claim(int queue, Claim how, Map<Level, Integer> wanted) {
        List<Object> arguments = new ArrayList<>();
        arguments.add(how.size());
        arguments.add(how.leastAge().toMillis());
        arguments.add(how.lease().toMillis());
        arguments.add(how.worker() == null ? "" : how.worker());
        arguments.add(how.lostLeases().isPresent() ? how.lostLeases().getAsInt() : "");
        arguments.add(how.sequential() ? "sequential" : "");
        arguments.add(how.listen() ? "wait" : "");
        wanted.forEach((level, count) -> {
            arguments.add(level.value());
            arguments.add(count);
        });
        return scripts.listOnce(claim, Keys.queue(queue), arguments.toArray()).thenApply(answer -> {
            List<Attempt> attempts = new ArrayList<>(answer.size() / CLAIMED);
            for (int i = 0; i < answer.size(); i += CLAIMED) {
                byte[] data = (byte[]) answer.get(i + 8);
                TaskId id = TaskId.parse(Scripts.text(answer.get(i)));
                counted.taken(id);
                attempts.add(new Attempt(
                        id,
                        (int) Scripts.number(answer.get(i + 2)),
                        Specification.parse((byte[]) answer.get(i + 7)),
                        data.length == 0 ? null : new RawJson(data),
                        Scripts.number(answer.get(i + 3)),
                        Scripts.number(answer.get(i + 4)),
                        Scripts.number(answer.get(i + 5)),
                        Scripts.number(answer.get(i + 6)),
                        textOrNull((byte[]) answer.get(i + 9))));
            }
            return attempts;
        });
    }

    /**
     * Ends a task.
     *
     * @param attempt the attempt that the result is of, if the worker said it
     * @param retention how long an online task can still be read; zero for an offline one, which leaves Redis
     * @param callsBack whether such an end calls back when the task owes it
     * @param onlyWaiting whether a running task shall be left alone
     */
    CompletionStage<Ending> end(
            TaskId id,
            TaskState outcome,
            RawJson result,
            OptionalInt attempt,
            Duration retention,
            boolean callsBack,
            String error,
            boolean onlyWaiting) {
        return scripts.list(
                        end,
                        Keys.queue(id.queue()),
                        id.text(),
                        id.level().value(),
                        outcome.word(),
                        result == null ? "" : result.bytes(),
                        attempt.isPresent() ? attempt.getAsInt() : "",
                        retention.toSeconds(),
                        callsBack ? "owed" : "",
                        error == null ? "" : error,
                        onlyWaiting ? "waiting" : "")
                .thenApply(Window::ending);
    }

    private static Ending ending(List<Object> answer) {
        return switch ((int) Scripts.number(answer.get(0))) {
            case 1 -> {
                byte[] started = (byte[]) answer.get(3);
                byte[] owed = (byte[]) answer.get(6);
                yield new Ending(
                        Completion.ACCEPTED,
                        Optional.of(new Ended(
                                (int) Scripts.number(answer.get(1)),
                                Scripts.number(answer.get(2)),
                                started.length == 0 ? 0 : Scripts.number(started),
                                textOrNull((byte[]) answer.get(4)),
                                Scripts.number(answer.get(5)),
                                owed.length == 0 ? Optional.empty() : Optional.of(Specification.parse(owed)))));
            }
            case 2 -> new Ending(Completion.SAME, Optional.empty());
            case 0 -> new Ending(Completion.UNKNOWN, Optional.empty());
            case -2 -> new Ending(Completion.OLDER_ATTEMPT, Optional.empty());
            default -> new Ending(Completion.REFUSED, Optional.empty());
        };
    }

    /** Hands back a task that its worker never got: it waits again in its old place, and nothing is counted. */
    CompletionStage<Long> release(TaskId id, int attempt) {
        return scripts.number(
                release, Keys.queue(id.queue()), id.text(), id.level().value(), attempt);
    }

    /** What the clock has overtaken in a queue, at most {@code most} of each kind; changes nothing. */
    CompletionStage<Lapsed> lapsed(int queue, int most) {
        return scripts.list(lapsed, Keys.queue(queue), most).thenApply(answer -> {
            List<?> pairs = (List<?>) answer.get(0);
            Map<TaskId, Integer> leases = new HashMap<>();
            for (int i = 0; i < pairs.size(); i += 2) {
                String attempt = Scripts.text(pairs.get(i + 1));
                leases.put(TaskId.parse(Scripts.text(pairs.get(i))), attempt.isEmpty() ? 0 : Integer.parseInt(attempt));
            }
            List<TaskId> expired = ((List<?>) answer.get(1))
                    .stream().map(id -> TaskId.parse(Scripts.text(id))).toList();
            return new Lapsed(leases, expired);
        });
    }

    /** Whether a task whose lease ran out waits again; empty when it has lost its last one. */
    CompletionStage<Optional<Boolean>> redeliver(TaskId id, int attempt) {
        return scripts.number(
                        redeliver, Keys.queue(id.queue()), id.text(), id.level().value(), attempt)
                .thenApply(answer -> {
                    if (answer == 1) {
                        counted.redelivered(id);
                    }
                    return answer < 0 ? Optional.empty() : Optional.of(answer == 1);
                });
    }

    CompletionStage<Completion> progress(TaskId id, OptionalInt attempt, RawJson content) {
        return scripts.list(
                        progress,
                        Keys.queue(id.queue()),
                        id.text(),
                        attempt.isPresent() ? attempt.getAsInt() : "",
                        content.bytes())
                .thenApply(answer -> switch ((int) Scripts.number(answer.get(0))) {
                    case 1 -> Completion.ACCEPTED;
                    case 0 -> Completion.UNKNOWN;
                    case -2 -> Completion.OLDER_ATTEMPT;
                    default -> Completion.REFUSED;
                });
    }

    /** @param now the state as JSON, for a task that is not in Redis */
    CompletionStage<Watch> watch(TaskId id, String now) {
        return scripts.list(watch, Keys.queue(id.queue()), id.text(), now).thenApply(answer -> {
            String state = Scripts.text(answer.get(1));
            return new Watch(
                    Scripts.text(answer.get(0)),
                    state.isEmpty() ? Optional.empty() : Optional.of(TaskState.of(state)),
                    (int) Scripts.number(answer.get(2)));
        });
    }

    /** A task that Redis has: an online one, or an offline one in the window. */
    CompletionStage<Optional<Task>> find(TaskId id) {
        RMap<String, byte[]> fields = redis.getMap(Keys.task(id), FIELDS);
        return Scripts.orRefused(fields.readAllMapAsync(), "Reading a task")
                .thenApply(values -> values.isEmpty() ? Optional.empty() : Optional.of(task(id, values)));
    }

    private static Task task(TaskId id, Map<String, byte[]> values) {
        return new Task(
                id,
                TaskState.of(text(values, "state")),
                Specification.parse(values.get("spec")),
                json(values, "data"),
                number(values, "accepted"),
                number(values, "expires"),
                (int) number(values, "attempt"),
                (int) number(values, "lost"),
                text(values, "worker"),
                number(values, "deadline"),
                number(values, "started"),
                number(values, "ended"),
                json(values, "result"),
                json(values, "progress"),
                text(values, "error"),
                text(values, "instance"));
    }

    private static String text(Map<String, byte[]> values, String field) {
        byte[] value = values.get(field);
        return value == null ? null : textOrNull(value);
    }

    private static String textOrNull(byte[] value) {
        return value.length == 0 ? null : new String(value, StandardCharsets.UTF_8);
    }

    private static long number(Map<String, byte[]> values, String field) {
        String text = text(values, field);
        return text == null ? 0 : Long.parseLong(text);
    }

    private static RawJson json(Map<String, byte[]> values, String field) {
        byte[] value = values.get(field);
        return value == null || value.length == 0 ? null : new RawJson(value);
    }

    /** The tasks whose callers an instance holds. */
    CompletionStage<List<TaskId>> held(int queue, String instance) {
        return ids(Keys.held(queue, instance));
    }

    /** Ended online tasks whose callback may not be in MariaDB yet. */
    CompletionStage<List<TaskId>> owed(int queue) {
        return ids(Keys.owed(queue));
    }

    private CompletionStage<List<TaskId>> ids(String key) {
        return Scripts.orRefused(
                        redis.<String>getSet(key, StringCodec.INSTANCE).readAllAsync(), "Reading a list of tasks")
                .thenApply(ids -> ids.stream().map(TaskId::parse).toList());
    }

    /** The callback of an ended online task is in MariaDB now. */
    CompletionStage<Boolean> settled(TaskId id) {
        return Scripts.orRefused(
                redis.<String>getSet(Keys.owed(id.queue()), StringCodec.INSTANCE)
                        .removeAsync(id.text()),
                "Settling a callback");
    }

    /**
     * How the levels of a queue stand that were ever used: counts, {@code <state>} and {@code put|taken|completed|redelivered},
     * and for how long what has waited longest does.
     */
    CompletionStage<List<QueueState>> depth(int queue) {
        return scripts.list(depth, Keys.queue(queue)).thenApply(Window::states);
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

    /** What has waited longest at a level of what was accepted until {@code until} (microseconds), at most {@code most}. */
    CompletionStage<List<TaskId>> waiting(int queue, Level level, long until, int most) {
        return Scripts.orRefused(
                        redis.<String>getScoredSortedSet(Keys.ready(queue, level.value()), StringCodec.INSTANCE)
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

    /** What waits at a level: at most {@code most} tasks from the {@code from}th on, oldest first. */
    CompletionStage<List<TaskId>> ready(int queue, Level level, int from, int most) {
        return Scripts.orRefused(
                        redis.<String>getScoredSortedSet(Keys.ready(queue, level.value()), StringCodec.INSTANCE)
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
            return java.util.stream.IntStream.range(0, ids.size())
                    .filter(i -> !Boolean.TRUE.equals(found.get(i)))
                    .mapToObj(ids::get)
                    .collect(Collectors.toSet());
        });
    }
}
