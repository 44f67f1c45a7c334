package io.carillon.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.error.Outcome;
import io.carillon.platform.json.RawJson;
import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import io.carillon.queue.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.redisson.api.RMap;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.client.codec.Codec;
import org.redisson.client.codec.StringCodec;
import org.redisson.codec.CompositeCodec;

/**
 * Redis's side of the queues: the truth about online tasks and about who has which lease, and a window on the offline
 * ones: the changes of single tasks. Each is one script, so it happens as a whole or not at all. {@link Contents} lists what
 * there is, {@link Overflow} says what waits in MariaDB only, {@link Restoration} fills Redis again. All of it is
 * asynchronous and fails with {@link io.carillon.platform.error.Refused} when Redis does not answer. Safe for many threads.
 */
class Window {
    /**
     * A task that ended by this call, with what is known of its last attempt.
     *
     * @param owed its specification, if its callback is to be brought to MariaDB
     * @param dead whether all of it is, because it was given up; for an online task
     */
    record Ended(
            int attempt,
            long accepted,
            long started,
            String instance,
            long now,
            Optional<Specification> owed,
            boolean dead) {}

    /** What came of an attempt to end a task. */
    record Ending(Completion completion, Optional<Ended> ended) {}

    /**
     * What the clock has overtaken.
     *
     * @param leases attempts whose lease ran out
     * @param expired online tasks whose life is over
     * @param dueIn in how many ms the next scheduled task is due; -1 when there is none
     * @param unwritten whether ended attempts are to be written to MariaDB
     * @param idle whether nothing runs, is scheduled, can expire or is on its way to MariaDB
     */
    record Lapsed(Map<TaskId, Integer> leases, List<TaskId> expired, long dueIn, boolean unwritten, boolean idle) {}

    /**
     * What a taken task may cost and who takes it.
     *
     * @param bytes of data at most for all, unless one task has more
     * @param lease empty for the queue's own, or {@code usualLease} when it has none
     */
    record Claim(
            int size,
            int bytes,
            Duration leastAge,
            Optional<Duration> lease,
            Duration usualLease,
            String worker,
            OptionalInt lostLeases,
            boolean sequential,
            boolean listen) {}

    /**
     * What became of an attempt that was handed back or lost.
     *
     * @param delivery how the task was given to workers so far; counts that are not known are -1
     */
    record Return(Outcome outcome, Delivery delivery) {
        enum Outcome {
            /** The task waits again, or rests before it does. */
            AGAIN,
            /** It does so already. */
            SAME,
            /** It may lose no more leases. */
            LOST_LAST,
            /** It may fail no more. */
            FAILED_LAST,
            /** It has ended. */
            ENDED,
            OLDER_ATTEMPT,
            UNKNOWN
        }
    }

    /** The newest event of a watched task, and its state at that event when Redis has it. */
    record Watch(String newest, Optional<TaskState> state, int attempt) {}

    /** Why tasks are added. */
    enum Adding {
        /** They were put just now. */
        NEW("new"),
        /** They were missing. */
        AGAIN("again"),
        /** They were scheduled in MariaDB only, so the counts have them as scheduled, and they are due. */
        DUE("due"),
        /** It is their turn. */
        REFILL("refill"),
        /** Redis has lost all. Attempts that it gave out unnoticed must not be numbered again. */
        REBUILD("refill");

        /** As {@code lua/shared/unnoticed.lua} has it. */
        static final int UNNOTICED = 100;

        private final String word;

        Adding(String word) {
            this.word = word;
        }
    }

    /**
     * What Redis has room for.
     *
     * @param tasks how many offline tasks of a level
     * @param bytes how many bytes of their data
     * @param memory how many bytes Redis may use in all before levels get less room than that; 0: three quarters of what it
     *     may use by its own settings, if they bound it
     */
    record Room(int tasks, long bytes, long memory) {}

    private static final String DEAD = "dead";
    private static final Codec FIELDS = new CompositeCodec(StringCodec.INSTANCE, ByteArrayCodec.INSTANCE);
    private static final int PUT = 11;
    private static final int ADDED = 10;
    private static final int CLAIMED = 12;
    private static final int ENDED = 10;
    /** How many tasks a script may change before another gets its turn. */
    private static final int AT_ONCE = 500;

    private final Script accept = Script.named("accept");
    private final Script put = Script.named("put");
    private final Script add = Script.named("add");
    private final Script discard = Script.named("discard");
    private final Script peek = Script.named("peek");
    private final Script claim = Script.named("claim");
    private final Script end = Script.named("end");
    private final Script lapsed = Script.named("lapsed");
    private final Script redeliver = Script.named("redeliver");
    private final Script release = Script.named("release");
    private final Script retry = Script.named("retry");
    private final Script renew = Script.named("renew");
    private final Script attempts = Script.named("attempts");
    private final Script settle = Script.named("settle");
    private final Script progress = Script.named("progress");
    private final Script watch = Script.named("watch");

    private final RedissonClient redis;
    private final QueueScripts scripts;
    private final Room room;
    private final TaskCounts counted = new TaskCounts();

    Window(RedissonClient redis, QueueScripts scripts, Room room) {
        this.redis = redis;
        this.scripts = scripts;
        this.room = room;
    }

    /** What this instance has done. */
    TaskCounts counted() {
        return counted;
    }

    /** Allots acceptance orders: the answer is the first of {@code count}. */
    CompletionStage<Long> accept(int queue, int count) {
        return scripts.text(accept, queue, count).thenApply(Long::valueOf);
    }

    /** Puts one. See {@link #put(int, List, int)}. */
    CompletionStage<Optional<Task>> put(NewTask task, int capacity) {
        return put(task.id().queue(), List.of(task), capacity)
                .thenApply(put -> put.get(0).orThrow());
    }

    /**
     * Puts online tasks of one queue, in their order; empty for each that comes when {@code capacity} tasks of its level wait
     * already. Never fails: each has an outcome of its own.
     */
    CompletionStage<List<Outcome<Optional<Task>>>> put(int queue, List<NewTask> tasks, int capacity) {
        return Stages.inPortions(tasks, AT_ONCE, some -> putAtOnce(queue, some, capacity));
    }

    private CompletionStage<List<Optional<Task>>> putAtOnce(int queue, List<NewTask> tasks, int capacity) {
        List<Object> arguments = new ArrayList<>(2 + PUT * tasks.size());
        arguments.add(capacity);
        arguments.add(tasks.size());
        Specification latest = null;
        byte[] json = null;
        for (NewTask task : tasks) {
            TaskId id = task.id();
            Specification specification = task.specification();
            // those of one call are mostly alike
            if (!specification.equals(latest)) {
                latest = specification;
                json = specification.json();
            }
            Map<String, Object> fields = retryFields(task.retries());
            arguments.add(id.text());
            arguments.add(id.level().value());
            arguments.add(task.life().toMillis());
            arguments.add(orEmpty(task.instance()));
            arguments.add(json);
            arguments.add(task.data().bytes());
            arguments.add(task.owesCallback() ? "owes" : "");
            arguments.add(task.due().at() > 0 ? task.due().at() : "");
            arguments.add(task.due().after() > 0 ? task.due().after() : "");
            arguments.add(orEmpty(specification.group()));
            arguments.add(fields.size());
            addFields(arguments, fields);
        }
        return scripts.list(put, queue, arguments.toArray()).thenApply(answer -> {
            List<Optional<Task>> put = new ArrayList<>(tasks.size());
            for (int i = 0; i < tasks.size(); i++) {
                byte[] accepted = (byte[]) answer.get(2 * i);
                put.add(
                        accepted.length == 0
                                ? Optional.empty()
                                : Optional.of(Task.of(
                                        tasks.get(i),
                                        Scripts.number(accepted),
                                        Scripts.number(answer.get(2 * i + 1)))));
            }
            return put;
        });
    }

    static Object orEmpty(String text) {
        return text == null ? "" : text;
    }

    static Map<String, Object> retryFields(Retries retries) {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (retries.maxAttempts() != null) {
            fields.put("max_attempts", retries.maxAttempts());
        }
        if (retries.backoff() != null) {
            fields.put("backoff", retries.backoffText());
        }
        if (retries.attemptTimeout() != null) {
            fields.put("attempt_timeout", retries.attemptTimeout().toMillis());
        }
        return fields;
    }

    static void addFields(List<Object> arguments, Map<String, Object> fields) {
        fields.forEach((name, value) -> {
            arguments.add(name);
            arguments.add(value);
        });
    }

    /**
     * Adds offline tasks of one queue, as far as there is room for them; those that are there already stay as they are.
     *
     * @return how many are there now that were not before
     */
    CompletionStage<Long> add(int queue, Collection<StoredTask> tasks, Adding why) {
        return add(queue, tasks, why, why.word);
    }

    /** Adds offline tasks that had ended so, and begin anew. */
    CompletionStage<Long> replayed(int queue, Collection<StoredTask> tasks, TaskState before) {
        return add(queue, tasks, Adding.AGAIN, "replayed:" + before.word());
    }

    private CompletionStage<Long> add(int queue, Collection<StoredTask> tasks, Adding why, String word) {
        List<Object> arguments = new ArrayList<>(4 + ADDED * tasks.size());
        arguments.add(word);
        arguments.add(room.tasks());
        arguments.add(room.bytes());
        arguments.add(room.memory());
        Specification latest = null;
        byte[] json = null;
        for (StoredTask stored : tasks) {
            Task task = stored.task();
            if (!task.specification().equals(latest)) {
                latest = task.specification();
                json = latest.json();
            }
            Map<String, Object> fields = fields(stored, why);
            arguments.add(task.id().text());
            arguments.add(task.id().level().value());
            arguments.add(task.accepted());
            arguments.add(task.expires());
            arguments.add(task.attempt());
            arguments.add(stored.group());
            arguments.add(task.delivery().due() > 0 ? task.delivery().due() : "");
            arguments.add(json);
            arguments.add(stored.fitsWindow() ? task.data().bytes() : "");
            arguments.add(fields.size());
            addFields(arguments, fields);
        }
        if (why == Adding.DUE) {
            // A rebuild has counted them as waiting already, and so may a call whose answer is lost.
            Object[] otherwise = arguments.toArray();
            otherwise[0] = Adding.AGAIN.word;
            return scripts.numberOnce(add, queue, arguments.toArray(), otherwise);
        }
        return why == Adding.REBUILD
                ? scripts.numberOfAnyEpoch(add, queue, arguments.toArray())
                : scripts.number(add, queue, arguments.toArray());
    }

    /** Takes ended tasks out of the counts, as if they had never been; what Redis still has of an online one goes. */
    CompletionStage<Void> discarded(int queue, Map<TaskId, TaskState> tasks) {
        List<Object> arguments = new ArrayList<>();
        tasks.forEach((id, state) -> {
            arguments.add(id.text());
            arguments.add(id.level().value());
            arguments.add(state.word());
        });
        return scripts.listOnce(discard, queue, arguments.toArray()).thenAccept(done -> {});
    }

    /** What only some tasks have. */
    static Map<String, Object> fields(StoredTask stored, Adding why) {
        Delivery delivery = stored.task().delivery();
        Map<String, Object> fields = retryFields(stored.task().retries());
        if (stored.maxLost() != null) {
            fields.put("max_lost", stored.maxLost());
        }
        if (stored.size() > StoredTask.LARGE) {
            fields.put("size", stored.size());
        }
        if (delivery.lost() > 0) {
            fields.put("lost", delivery.lost());
        }
        if (delivery.failures() > 0) {
            fields.put("failures", delivery.failures());
        }
        if (why == Adding.REBUILD) {
            fields.put("floor", delivery.attempt() + Adding.UNNOTICED);
        }
        return fields;
    }

    /** The acceptance orders of what could be taken, per level, oldest first, at most {@code size} of each. */
    CompletionStage<List<List<Long>>> peek(int queue, int size, Duration leastAge, List<Level> levels) {
        List<Object> arguments = new ArrayList<>(List.of(size, leastAge.toMillis()));
        levels.forEach(level -> arguments.add(level.value()));
        return scripts.list(peek, queue, arguments.toArray()).thenApply(answer -> answer.stream()
                .map(orders -> ((List<?>) orders).stream().map(Scripts::number).toList())
                .toList());
    }

    /** Takes tasks of one queue, level by level, at most so many of each as {@code wanted} says. */
    CompletionStage<List<Attempt>> claim(int queue, Claim how, Map<Level, Integer> wanted) {
        List<Object> arguments = new ArrayList<>();
        arguments.add(how.size());
        arguments.add(how.leastAge().toMillis());
        arguments.add(how.lease().<Object>map(Duration::toMillis).orElse(""));
        arguments.add(how.usualLease().toMillis());
        arguments.add(orEmpty(how.worker()));
        arguments.add(how.lostLeases().isPresent() ? how.lostLeases().getAsInt() : "");
        arguments.add(how.sequential() ? "sequential" : "");
        arguments.add(how.listen() ? "wait" : "");
        arguments.add(how.bytes());
        wanted.forEach((level, count) -> {
            arguments.add(level.value());
            arguments.add(count);
        });
        return scripts.listOnce(claim, queue, arguments.toArray()).thenApply(answer -> {
            List<Attempt> attempts = new ArrayList<>(answer.size() / CLAIMED);
            byte[] json = null;
            Specification specification = null;
            for (int i = 0; i < answer.size(); i += CLAIMED) {
                byte[] data = (byte[]) answer.get(i + 8);
                if (!Arrays.equals((byte[]) answer.get(i + 7), json)) {
                    json = (byte[]) answer.get(i + 7);
                    specification = Specification.parse(json);
                }
                TaskId id = TaskId.parse(Scripts.text(answer.get(i)));
                counted.taken(id);
                attempts.add(new Attempt(
                        id,
                        (int) Scripts.number(answer.get(i + 2)),
                        specification,
                        data.length == 0 ? null : new RawJson(data),
                        Scripts.number(answer.get(i + 3)),
                        Scripts.number(answer.get(i + 4)),
                        Scripts.number(answer.get(i + 5)),
                        Scripts.number(answer.get(i + 6)),
                        textOrNull((byte[]) answer.get(i + 9)),
                        (int) Scripts.number(answer.get(i + 10)),
                        (int) Scripts.number(answer.get(i + 11))));
            }
            return attempts;
        });
    }

    /**
     * An end of a task.
     *
     * @param attempt the attempt that the result is of, if the worker said it
     * @param retention how long an online task can still be read; zero for an offline one, which leaves Redis
     * @param callsBack whether such an end calls back when the task owes it
     * @param onlyWaiting whether a running task shall be left alone
     * @param before the state before, when the end of an offline task was decided just now; else null
     * @param givenUp whether an online task becomes a dead letter
     */
    record End(
            TaskId id,
            TaskState outcome,
            RawJson result,
            OptionalInt attempt,
            Duration retention,
            boolean callsBack,
            String error,
            boolean onlyWaiting,
            TaskState before,
            boolean givenUp) {

        /** One of a task that is not given up. */
        End(
                TaskId id,
                TaskState outcome,
                RawJson result,
                OptionalInt attempt,
                Duration retention,
                boolean callsBack,
                String error,
                boolean onlyWaiting,
                TaskState before) {
            this(id, outcome, result, attempt, retention, callsBack, error, onlyWaiting, before, false);
        }

        /** In bytes, about. */
        int size() {
            return result == null ? 256 : result.bytes().length + 256;
        }

        /** Lets an offline task leave that has ended in MariaDB. */
        static End left(TaskId id, TaskState outcome, RawJson result, TaskState before) {
            return new End(id, outcome, result, OptionalInt.empty(), Duration.ZERO, false, null, false, before);
        }
    }

    /** Ends one. See {@link #end(int, List)}. */
    CompletionStage<Ending> end(End wanted) {
        return end(wanted.id().queue(), List.of(wanted))
                .thenApply(endings -> endings.get(0).orThrow());
    }

    /** Ends tasks of one queue. Never fails: each has an outcome of its own. */
    CompletionStage<List<Outcome<Ending>>> end(int queue, List<End> wanted) {
        return Stages.inPortions(wanted, AT_ONCE, some -> endAtOnce(queue, some));
    }

    private CompletionStage<List<Ending>> endAtOnce(int queue, List<End> wanted) {
        Object[] arguments = new Object[ENDED * wanted.size()];
        int i = 0;
        for (End end : wanted) {
            arguments[i++] = end.id().text();
            arguments[i++] = end.id().level().value();
            arguments[i++] = end.outcome().word();
            arguments[i++] = end.result() == null ? "" : end.result().bytes();
            arguments[i++] = end.attempt().isPresent() ? end.attempt().getAsInt() : "";
            arguments[i++] = end.retention().toSeconds();
            arguments[i++] = end.givenUp() ? DEAD : end.callsBack() ? "owed" : "";
            arguments[i++] = orEmpty(end.error());
            arguments[i++] = end.onlyWaiting() ? "waiting" : "";
            arguments[i++] = end.before() == null ? "" : end.before().word();
        }
        return runEnd(queue, arguments, wanted.stream().anyMatch(end -> end.before() != null))
                .thenApply(answers ->
                        answers.stream().map(answer -> ending((List<?>) answer)).toList());
    }

    /** @param counts whether it may count an end of which Redis knows nothing, which must not happen twice */
    private CompletionStage<List<Object>> runEnd(int queue, Object[] arguments, boolean counts) {
        if (!counts) {
            return scripts.list(end, queue, arguments);
        }
        // A rebuild has counted it as ended already, and so may a call whose answer is lost.
        Object[] otherwise = arguments.clone();
        for (int before = ENDED - 1; before < otherwise.length; before += ENDED) {
            otherwise[before] = "";
        }
        return scripts.listOnce(end, queue, arguments, otherwise);
    }

    private static Ending ending(List<?> answer) {
        return switch ((int) Scripts.number(answer.get(0))) {
            case 1 -> {
                byte[] started = (byte[]) answer.get(3);
                String owed = Scripts.text(answer.get(6));
                boolean dead = owed.equals(DEAD);
                yield new Ending(
                        Completion.ACCEPTED,
                        Optional.of(new Ended(
                                (int) Scripts.number(answer.get(1)),
                                Scripts.number(answer.get(2)),
                                started.length == 0 ? 0 : Scripts.number(started),
                                textOrNull((byte[]) answer.get(4)),
                                Scripts.number(answer.get(5)),
                                owed.isEmpty() || dead
                                        ? Optional.empty()
                                        : Optional.of(Specification.parse((byte[]) answer.get(6))),
                                dead)));
            }
            case 2 -> new Ending(Completion.SAME, Optional.empty());
            case 0 -> new Ending(Completion.UNKNOWN, Optional.empty());
            case -2 -> new Ending(Completion.OLDER_ATTEMPT, Optional.empty());
            default -> new Ending(Completion.REFUSED, Optional.empty());
        };
    }

    /**
     * Hands back a task unharmed: it waits again in its old place, and nothing is counted.
     *
     * @param attempt the attempt that is handed back; empty for whichever runs
     * @param why in words, or null
     */
    CompletionStage<Return> release(TaskId id, OptionalInt attempt, String why) {
        return scripts.list(
                        release,
                        id.queue(),
                        id.text(),
                        id.level().value(),
                        attempt.isPresent() ? attempt.getAsInt() : "",
                        orEmpty(why))
                .thenApply(answer -> returned(answer, of -> delivery(of, -1, -1, 0)));
    }

    /**
     * Hands back a failed attempt: the task waits again after its backoff, if it may fail once more.
     *
     * @param attempt the attempt that failed; empty for whichever runs
     * @param delay how long it rests; empty for its backoff
     * @param random from 0 to 1, for the jitter
     */
    CompletionStage<Return> retry(TaskId id, OptionalInt attempt, Optional<Duration> delay, String why, double random) {
        return scripts.list(
                        retry,
                        id.queue(),
                        id.text(),
                        id.level().value(),
                        attempt.isPresent() ? attempt.getAsInt() : "",
                        delay.<Object>map(Duration::toMillis).orElse(""),
                        orEmpty(why),
                        random)
                .thenApply(answer -> returned(
                        answer,
                        of -> delivery(of, -1, (int) Scripts.number(answer.get(2)), Scripts.number(answer.get(3)))));
    }

    private static Delivery delivery(List<Object> answer, int lost, int failures, long due) {
        return new Delivery((int) Scripts.number(answer.get(1)), lost, failures, null, 0, 0, due);
    }

    private static Return returned(List<Object> answer, Function<List<Object>, Delivery> delivery) {
        return switch ((int) Scripts.number(answer.get(0))) {
            case 1 -> new Return(Return.Outcome.AGAIN, delivery.apply(answer));
            case 2 -> new Return(Return.Outcome.SAME, Delivery.NONE);
            case 3 -> new Return(Return.Outcome.FAILED_LAST, Delivery.NONE);
            case -1 -> new Return(Return.Outcome.ENDED, Delivery.NONE);
            case -2 -> new Return(Return.Outcome.OLDER_ATTEMPT, Delivery.NONE);
            default -> new Return(Return.Outcome.UNKNOWN, Delivery.NONE);
        };
    }

    /** Takes back a lease that ran out. {@link Return.Outcome#SAME} when it did not, or is back already. */
    CompletionStage<Return> redeliver(TaskId id, int attempt, double random) {
        return scripts.list(redeliver, id.queue(), id.text(), id.level().value(), attempt, random)
                .thenApply(answer -> switch ((int) Scripts.number(answer.get(0))) {
                    case 1 -> {
                        counted.redelivered(id);
                        int failures = (int) Scripts.number(answer.get(1));
                        int lost = (int) Scripts.number(answer.get(2));
                        long due = Scripts.number(answer.get(3));
                        yield new Return(Return.Outcome.AGAIN, new Delivery(attempt, lost, failures, null, 0, 0, due));
                    }
                    case -1 -> new Return(Return.Outcome.LOST_LAST, Delivery.NONE);
                    case -2 -> new Return(Return.Outcome.FAILED_LAST, Delivery.NONE);
                    default -> new Return(Return.Outcome.SAME, Delivery.NONE);
                });
    }

    /** What became of the renewal of one lease. */
    enum Renewal {
        LOST,
        RENEWED,
        STOP,
        NOT_HERE
    }

    /** Renews leases of one queue. */
    CompletionStage<List<Renewal>> renew(int queue, String worker, List<Lease> leases) {
        List<Object> arguments = new ArrayList<>(List.of(worker));
        leases.forEach(lease -> {
            arguments.add(lease.id().text());
            arguments.add(lease.attempt());
        });
        return scripts.list(renew, queue, arguments.toArray()).thenApply(answer -> IntStream.range(0, leases.size())
                .mapToObj(i -> Renewal.values()[(int) Scripts.number(answer.get(2 * i))])
                .toList());
    }

    /** What the clock has overtaken in a queue, at most {@code most} of each kind; what is due can be taken then. */
    CompletionStage<Lapsed> lapsed(int queue, int most) {
        return scripts.look(lapsed, queue, most).thenApply(answer -> {
            List<?> pairs = (List<?>) answer.get(0);
            Map<TaskId, Integer> leases = new LinkedHashMap<>();
            for (int i = 0; i < pairs.size(); i += 2) {
                String attempt = Scripts.text(pairs.get(i + 1));
                leases.put(TaskId.parse(Scripts.text(pairs.get(i))), attempt.isEmpty() ? 0 : Integer.parseInt(attempt));
            }
            List<TaskId> expired = ((List<?>) answer.get(1))
                    .stream().map(id -> TaskId.parse(Scripts.text(id))).toList();
            return new Lapsed(
                    leases,
                    expired,
                    (long) Double.parseDouble(Scripts.text(answer.get(2))),
                    Scripts.number(answer.get(3)) == 1,
                    Scripts.number(answer.get(4)) == 0);
        });
    }

    CompletionStage<Completion> progress(TaskId id, OptionalInt attempt, RawJson content) {
        return scripts.list(
                        progress, id.queue(), id.text(), attempt.isPresent() ? attempt.getAsInt() : "", content.bytes())
                .thenApply(answer -> switch ((int) Scripts.number(answer.get(0))) {
                    case 1 -> Completion.ACCEPTED;
                    case 0 -> Completion.UNKNOWN;
                    case -2 -> Completion.OLDER_ATTEMPT;
                    default -> Completion.REFUSED;
                });
    }

    /** @param now the state as JSON, for a task that is not in Redis */
    CompletionStage<Watch> watch(TaskId id, String now) {
        return scripts.listOfAnyEpoch(watch, id.queue(), id.text(), now).thenApply(answer -> {
            String state = Scripts.text(answer.get(1));
            return new Watch(
                    Scripts.text(answer.get(0)),
                    state.isEmpty() ? Optional.empty() : Optional.of(TaskState.of(state)),
                    (int) Scripts.number(answer.get(2)));
        });
    }

    /**
     * The current or latest attempt of a task.
     *
     * @param number counted from 1, or 0 before the first
     * @param runs whether a worker has it
     */
    record Latest(int number, boolean runs) {}

    /** The current or latest attempts of tasks of one queue; empty for each that Redis has not. */
    CompletionStage<List<Optional<Latest>>> attempts(int queue, List<TaskId> ids) {
        return scripts.listOfAnyEpoch(
                        attempts, queue, ids.stream().map(TaskId::text).toArray())
                .thenApply(answer -> {
                    List<Optional<Latest>> latest = new ArrayList<>(ids.size());
                    for (int i = 0; i < answer.size(); i += 2) {
                        latest.add(
                                Scripts.text(answer.get(i)).isEmpty()
                                        ? Optional.empty()
                                        : Optional.of(new Latest(
                                                (int) Scripts.number(answer.get(i)),
                                                TaskState.RUNNING.word().equals(Scripts.text(answer.get(i + 1))))));
                    }
                    return latest;
                });
    }

    /** A task that Redis has: an online one, or an offline one in the window. */
    CompletionStage<Optional<Task>> find(TaskId id) {
        RMap<String, byte[]> fields = redis.getMap(Keys.task(id), FIELDS);
        return Scripts.orRefused(fields.readAllMapAsync(), "Reading a task")
                .thenApply(values -> values.isEmpty() ? Optional.empty() : Optional.of(task(id, values)));
    }

    private static Task task(TaskId id, Map<String, byte[]> values) {
        long timeout = number(values, "attempt_timeout");
        return new Task(
                id,
                TaskState.of(text(values, "state")),
                Specification.parse(values.get("spec")),
                new Retries(
                        values.containsKey("max_attempts") ? (int) number(values, "max_attempts") : null,
                        Retries.backoff(text(values, "backoff")),
                        timeout > 0 ? Duration.ofMillis(timeout) : null),
                json(values, "data"),
                number(values, "accepted"),
                number(values, "expires"),
                new Delivery(
                        (int) number(values, "attempt"),
                        (int) number(values, "lost"),
                        (int) number(values, "failures"),
                        text(values, "worker"),
                        number(values, "started"),
                        number(values, "deadline"),
                        number(values, "due")),
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

    /**
     * The callbacks of ended online tasks of one queue are in MariaDB now.
     *
     * @param retention how long the tasks can still be read
     * @return how many of them were owed
     */
    CompletionStage<Long> settled(int queue, List<TaskId> ids, Duration retention) {
        List<Object> arguments = new ArrayList<>(ids.size() + 1);
        arguments.add(retention.toSeconds());
        ids.forEach(id -> arguments.add(id.text()));
        return scripts.numberOfAnyEpoch(settle, queue, arguments.toArray());
    }
}
