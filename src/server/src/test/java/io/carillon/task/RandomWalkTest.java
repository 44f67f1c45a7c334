package io.carillon.task;

import static io.carillon.task.Engine.DONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.queue.Level;
import io.carillon.task.Window.Claim;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever is done to a queue in whatever order, Redis holds what a simple model says: states, order, attempts, counts,
 * and one running task at most at a level that is taken sequentially.
 */
class RandomWalkTest {
    private static final int STEPS = 300;
    private static final int SEQUENTIAL = 2;
    private static final int ALLOWED = 3;

    private static final class Modelled {
        final TaskId id;
        final long accepted;
        TaskState state = TaskState.WAITING;
        int attempt;
        int lost;
        boolean lapsed;

        Modelled(TaskId id, long accepted) {
            this.id = id;
            this.accepted = accepted;
        }
    }

    private final List<Modelled> model = new ArrayList<>();
    private final Map<String, Long> since = new HashMap<>();
    private Engine engine;
    private int queue;

    @BeforeEach
    void start() {
        engine = Engine.start();
        queue = engine.first().number();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20261122})
    void redisHoldsWhatTheModelSays(long seed) {
        Random random = new Random(seed);
        for (int step = 0; step < STEPS; step++) {
            int level = random.nextInt(3);
            switch (random.nextInt(8)) {
                case 0, 1 -> put(level);
                case 2, 3 -> claim(level, 1 + random.nextInt(3), random.nextBoolean());
                case 4 -> any(random).ifPresent(task -> end(task, random));
                case 5 -> any(random).ifPresent(this::cancel);
                case 6 -> redeliver();
                default -> any(random).ifPresent(task -> progress(task, random));
            }
            compareCounts(step);
            if (step % 50 == 0) {
                compareAll();
            }
        }
        compareAll();
    }

    private Optional<Modelled> any(Random random) {
        return model.isEmpty() ? Optional.empty() : Optional.of(model.get(random.nextInt(model.size())));
    }

    private void add(TaskId id, String what) {
        since.merge(id.level().value() + ":" + what, 1L, Long::sum);
    }

    private void put(int level) {
        NewTask task = engine.aTask().level(level).make();
        long accepted;
        if (level == 0) {
            accepted = Waiting.on(engine.window.put(task, 1000)).orElseThrow().accepted();
        } else {
            accepted = Waiting.on(engine.window.accept(queue, 1));
            Task row = Task.of(task, accepted, accepted / 1000 + task.life().toMillis());
            assertThat(Waiting.on(engine.window.add(queue, List.of(new StoredTask(row)), Window.Adding.NEW)))
                    .isEqualTo(1);
        }
        assertThat(model).allSatisfy(other -> assertThat(other.accepted).isLessThan(accepted));
        model.add(new Modelled(task.id(), accepted));
        add(task.id(), "put");
    }

    private List<Modelled> at(int level, TaskState state) {
        return model.stream()
                .filter(task -> task.id.level().value() == level && task.state == state)
                .sorted(Comparator.comparingLong(task -> task.accepted))
                .toList();
    }

    private void claim(int level, int size, boolean lapses) {
        boolean sequential = level == SEQUENTIAL;
        Duration lease = lapses ? Duration.ZERO : Duration.ofHours(1);
        List<Attempt> taken = Waiting.on(engine.window.claim(
                queue,
                new Claim(
                        size,
                        Takes.ANSWER_BYTES,
                        Duration.ZERO,
                        Optional.of(lease),
                        lease,
                        "w",
                        OptionalInt.of(ALLOWED),
                        sequential,
                        false),
                Map.of(new Level(level), size)));
        int most = !sequential ? size : at(level, TaskState.RUNNING).isEmpty() ? 1 : 0;
        List<Modelled> expected =
                at(level, TaskState.WAITING).stream().limit(most).toList();

        assertThat(taken)
                .extracting(Attempt::id)
                .isEqualTo(expected.stream().map(task -> task.id).toList());
        for (int i = 0; i < taken.size(); i++) {
            Modelled task = expected.get(i);
            task.state = TaskState.RUNNING;
            task.attempt++;
            task.lapsed = lapses;
            assertThat(taken.get(i).number()).isEqualTo(task.attempt);
            add(task.id, "taken");
        }
    }

    private Duration retention(TaskId id) {
        return id.isOnline() ? Engine.RETENTION : Duration.ZERO;
    }

    private void end(Modelled task, Random random) {
        int named = random.nextInt(task.attempt + 1);
        OptionalInt attempt = named == 0 ? OptionalInt.empty() : OptionalInt.of(named);
        Completion completion = Waiting.on(engine.window.end(new Window.End(
                        task.id, TaskState.SUCCEEDED, DONE, attempt, retention(task.id), true, null, false, null)))
                .completion();
        if (task.state.isFinal()) {
            assertThat(completion)
                    .isEqualTo(
                            !task.id.isOnline()
                                    ? Completion.UNKNOWN
                                    : task.state == TaskState.SUCCEEDED ? Completion.SAME : Completion.REFUSED);
        } else if (named > 0 && named < task.attempt) {
            assertThat(completion).isEqualTo(Completion.OLDER_ATTEMPT);
        } else {
            assertThat(completion).isEqualTo(Completion.ACCEPTED);
            ended(task, TaskState.SUCCEEDED);
        }
    }

    private void cancel(Modelled task) {
        Completion completion = Waiting.on(engine.window.end(new Window.End(
                        task.id,
                        TaskState.CANCELLED,
                        null,
                        OptionalInt.empty(),
                        retention(task.id),
                        false,
                        "",
                        false,
                        null)))
                .completion();
        assertThat(completion == Completion.ACCEPTED).isEqualTo(!task.state.isFinal());
        if (!task.state.isFinal()) {
            ended(task, TaskState.CANCELLED);
        }
    }

    private void ended(Modelled task, TaskState state) {
        task.state = state;
        add(task.id, state.word());
        add(task.id, "completed");
    }

    private void redeliver() {
        Map<TaskId, Integer> expected = new HashMap<>();
        model.stream()
                .filter(task -> task.state == TaskState.RUNNING && task.lapsed)
                .forEach(task -> expected.put(task.id, task.attempt));
        Waiting.until(
                () -> assertThat(Waiting.on(engine.window.lapsed(queue, 1000)).leases())
                        .isEqualTo(expected));
        for (Modelled task : model) {
            if (expected.containsKey(task.id)) {
                Window.Return back = Waiting.on(engine.window.redeliver(task.id, task.attempt, 0));
                boolean again = task.lost < ALLOWED;
                assertThat(back.outcome())
                        .isEqualTo(again ? Window.Return.Outcome.AGAIN : Window.Return.Outcome.LOST_LAST);
                if (again) {
                    task.state = TaskState.WAITING;
                    task.lost++;
                    add(task.id, "redelivered");
                }
            }
        }
    }

    private void progress(Modelled task, Random random) {
        int named = random.nextInt(task.attempt + 1);
        Completion completion = Waiting.on(
                engine.window.progress(task.id, named == 0 ? OptionalInt.empty() : OptionalInt.of(named), DONE));
        if (task.state.isFinal()) {
            assertThat(completion).isEqualTo(task.id.isOnline() ? Completion.REFUSED : Completion.UNKNOWN);
        } else {
            assertThat(completion)
                    .isEqualTo(named > 0 && named < task.attempt ? Completion.OLDER_ATTEMPT : Completion.ACCEPTED);
        }
    }

    private void compareCounts(int step) {
        Map<String, Long> expected = new TreeMap<>(since);
        for (int level = 0; level <= 2; level++) {
            for (TaskState state : List.of(TaskState.WAITING, TaskState.RUNNING)) {
                long count = at(level, state).size();
                if (count > 0) {
                    expected.put(level + ":" + state.word(), count);
                }
            }
        }
        assertThat(engine.counts()).as("counts after step %d", step).isEqualTo(expected);
    }

    private void compareAll() {
        Map<String, Object> left = engine.left();
        for (int level = 0; level <= 2; level++) {
            List<String> ready = at(level, TaskState.WAITING).stream()
                    .map(task -> task.id.text())
                    .toList();
            assertThat(left.getOrDefault("ready:" + level, List.of())).isEqualTo(ready);
        }
        List<String> running = model.stream()
                .filter(task -> task.state == TaskState.RUNNING)
                .map(task -> task.id.text())
                .toList();
        assertThat((List<?>) left.getOrDefault("leased", List.of())).asList().hasSameElementsAs(running);
        List<Modelled> sequential = at(SEQUENTIAL, TaskState.RUNNING);
        assertThat(sequential).hasSizeLessThanOrEqualTo(1);
        assertThat(left.get("sequential:" + SEQUENTIAL))
                .isEqualTo(sequential.isEmpty() ? null : sequential.get(0).id.text());
        for (Modelled task : model) {
            if (!task.id.isOnline() && task.state.isFinal()) {
                assertThat(left).doesNotContainKey("task:" + task.id);
            } else {
                TaskAssert.assertThat(Waiting.on(engine.window.find(task.id)).orElseThrow())
                        .is(task.state)
                        .onAttempt(task.attempt)
                        .hasLost(task.lost);
            }
        }
    }
}
