package io.carillon.stream;

import static io.carillon.task.OnlineEngine.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.stores.RedisConnection;
import io.carillon.stores.SharedStores;
import io.carillon.task.Attempt;
import io.carillon.task.Completion;
import io.carillon.task.NewTask;
import io.carillon.task.OnlineEngine;
import io.carillon.task.ResponseMode;
import io.carillon.task.TaskId;
import io.carillon.task.TaskState;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.redisson.client.codec.StringCodec;

class CallersTest {
    private static final AtomicInteger QUEUES = new AtomicInteger(7000);
    private static final AtomicInteger NUMBERS = new AtomicInteger(100);
    private static final Duration LONG = Duration.ofSeconds(60);

    private final int queue = QUEUES.incrementAndGet();
    private static Server a;
    private static Server b;

    @BeforeAll
    static void start() {
        a = new Server(SharedStores.redis(), NUMBERS.incrementAndGet(), 1000).start();
        b = new Server(SharedStores.redis(), NUMBERS.incrementAndGet(), 1000).start();
    }

    @AfterAll
    static void stop() {
        a.close();
        b.close();
    }

    private NewTask blocking(Duration life) {
        return a.engine.newTask(queue, ResponseMode.BLOCKING, life);
    }

    private Attempt taken() {
        List<List<Attempt>> got = new ArrayList<>();
        Patience.until("the task can be taken", () -> {
            List<Attempt> attempts = b.engine.take(queue, 1);
            got.add(attempts);
            return !attempts.isEmpty();
        });
        return got.get(got.size() - 1).get(0);
    }

    @Test
    void callerGetsTheAnswerThatCameOverTheEventBus() {
        CompletionStage<CallerAnswer> answer = a.callers.block(blocking(LONG));
        Attempt attempt = taken();
        assertThat(attempt.instance()).isEqualTo(a.name);

        a.append(
                BusEvent.COMPLETION,
                Server.completion(attempt.id().text(), "{\"status_code\":\"201\",\"body\":{\"n\":null}}"));

        assertThat(await(answer)).isEqualTo(new CallerAnswer(201, Server.json("{\"n\":null}")));
        assertThat(await(a.engine.tasks().find(attempt.id())).orElseThrow().state())
                .isEqualTo(TaskState.SUCCEEDED);
        assertThat(a.callers.held()).isZero();
    }

    @Test
    void callerGetsTheAnswerThatCameOverHttpHere() {
        CompletionStage<CallerAnswer> answer = a.callers.block(blocking(LONG));
        Attempt attempt = taken();

        await(a.engine.tasks().complete(attempt.id(), OptionalInt.of(1), Server.json("{\"body\":1}")));

        assertThat(await(answer)).isEqualTo(new CallerAnswer(200, Server.json("1")));
    }

    @Test
    void callerGetsTheAnswerThatCameOverHttpToAnotherInstance() {
        CompletionStage<CallerAnswer> answer = a.callers.block(blocking(LONG));
        Attempt attempt = taken();
        long start = System.nanoTime();

        await(b.engine.tasks().complete(attempt.id(), OptionalInt.of(1), Server.json("{\"body\":1}")));

        assertThat(await(answer)).isEqualTo(new CallerAnswer(200, Server.json("1")));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
    }

    @Test
    void eventOfATaskThatNobodyHasTakenCountsNothing() {
        long before = a.workerEvents.dropped();
        CompletionStage<CallerAnswer> answer = a.callers.block(blocking(LONG));
        TaskId[] id = new TaskId[1];
        Patience.until("the task waits", () -> {
            List<String> waiting = a
                    .redis
                    .getScoredSortedSet("carillon:{" + queue + "}:ready:0", StringCodec.INSTANCE)
                    .readAll()
                    .stream()
                    .map(Object::toString)
                    .toList();
            waiting.forEach(text -> id[0] = TaskId.parse(text));
            return id[0] != null;
        });

        a.append(BusEvent.COMPLETION, Server.completion(id[0].text(), "{\"body\":\"forged\"}"));
        Patience.until("the event was dropped", () -> a.workerEvents.dropped() == before + 1);

        assertThat(answer.toCompletableFuture()).isNotDone();
        Attempt attempt = taken();
        a.append(BusEvent.COMPLETION, Server.completion(attempt.id().text(), "{\"body\":\"real\"}"));
        assertThat(await(answer).body().text()).isEqualTo("\"real\"");
    }

    @Test
    void callerWhoseTimeIsOverIsRefusedAndTheTaskEnds() {
        long start = System.nanoTime();
        NewTask task = blocking(Duration.ofMillis(400));

        assertThatThrownBy(() -> await(a.callers.block(task)))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.TIMEOUT));

        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(400), Duration.ofMillis(900));
        assertThat(await(a.engine.tasks().find(task.id())).orElseThrow().state())
                .isEqualTo(TaskState.TIMEOUT);
        assertThat(b.engine.take(queue, 1)).isEmpty();
        assertThat(a.callers.held()).isZero();
    }

    @Test
    void cancellationReleasesTheCaller() {
        NewTask task = blocking(LONG);
        CompletionStage<CallerAnswer> answer = a.callers.block(task);
        Patience.until("the task is there", () -> await(a.engine.tasks().find(task.id()))
                .isPresent());

        await(b.engine.tasks().cancel(task.id(), "by a person", false));

        assertThatThrownBy(() -> await(answer))
                .isInstanceOfSatisfying(TaskCancelled.class, cancelled -> assertThat(cancelled.code())
                        .contains("cancelled"));
    }

    @Test
    void callerWhoHangsUpTakesTheTaskAlong() {
        NewTask task = blocking(LONG);
        CompletionStage<CallerAnswer> answer = a.callers.block(task);
        Patience.until("the task is there", () -> await(a.engine.tasks().find(task.id()))
                .isPresent());

        a.callers.hangUp(task.id());

        untilCancelled(task);
        assertThat(a.callers.held()).isZero();
        // else the container would keep its request for ever
        assertThatThrownBy(() -> await(answer)).isInstanceOf(TaskCancelled.class);
    }

    private void untilCancelled(NewTask task) {
        Patience.until("the task is cancelled", () -> await(a.engine.tasks().find(task.id()))
                .filter(found -> found.state() == TaskState.CANCELLED)
                .isPresent());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void callerWhoHangsUpDuringThePutTakesTheTaskAlong(boolean answerOfThePutIsLost) {
        CompletableFuture<Void> beforePut = new CompletableFuture<>();
        Engine real = new TasksEngine(a.engine.tasks(), id -> false);
        Engine slow = engine(
                real, task -> beforePut.thenCompose(now -> real.put(task)).thenAccept(put -> {
                    if (answerOfThePutIsLost) {
                        throw new Refused(Reason.UNAVAILABLE, "Redis does not answer");
                    }
                }));
        Callers callers = new Callers(a.name, slow, a.bus, new Standings(a.scripts), a.executor, a.scheduler, 10);
        AtomicInteger left = new AtomicInteger();
        NewTask task = blocking(LONG);
        callers.block(task, left::incrementAndGet);

        callers.hangUp(task.id());
        beforePut.complete(null);

        untilCancelled(task);
        assertThat(callers.held()).isZero();
        assertThat(left).hasValue(1);
    }

    @Test
    void taskThatRunsGoesOnWhenItsQueueSaysSoAlsoWhenItsCallerHungUpDuringThePut() {
        CompletableFuture<Void> afterPut = new CompletableFuture<>();
        CompletableFuture<Void> asked = new CompletableFuture<>();
        Engine real = new TasksEngine(a.engine.tasks(), id -> {
            asked.complete(null);
            return true;
        });
        Engine slow = engine(real, task -> real.put(task).thenCompose(put -> afterPut));
        Callers callers = new Callers(a.name, slow, a.bus, new Standings(a.scripts), a.executor, a.scheduler, 10);
        NewTask task = blocking(LONG);
        callers.block(task);
        taken();
        callers.hangUp(task.id());
        afterPut.complete(null);
        await(asked);

        await(b.engine.tasks().complete(task.id(), OptionalInt.of(1), Server.json("{\"body\":1}")));

        assertThat(await(a.engine.tasks().find(task.id())).orElseThrow().state())
                .isEqualTo(TaskState.SUCCEEDED);
    }

    /** The engine with another way to put. */
    private Engine engine(Engine real, Function<NewTask, CompletionStage<Void>> put) {
        return (Engine) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Engine.class},
                (proxy, method, arguments) -> method.getName().equals("put")
                        ? put.apply((NewTask) arguments[0])
                        : method.invoke(real, arguments));
    }

    @Test
    void tooManyCallersAreRefusedBeforeTheirTaskIsQueued() {
        try (Server small = new Server(SharedStores.redis(), NUMBERS.incrementAndGet(), 1).start()) {
            NewTask first = blocking(LONG);
            small.callers.block(first);
            NewTask second = blocking(LONG);

            assertThatThrownBy(() -> await(small.callers.block(second)))
                    .isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.reason())
                            .isEqualTo(Reason.FULL));

            assertThat(await(a.engine.tasks().find(second.id()))).isEmpty();
            small.callers.hangUp(first.id());
            small.callers.block(blocking(LONG));
            assertThat(small.callers.held()).isEqualTo(1);
        }
    }

    @Test
    void lostEventCostsSecondsOnly() {
        NewTask task = blocking(LONG);
        // This instance's engine tells nobody, as one that dies right after it ended the task.
        Server mute = new Server(SharedStores.redis(), NUMBERS.incrementAndGet(), 1);
        try (mute) {
            CompletionStage<CallerAnswer> answer = a.callers.block(task);
            Attempt attempt = taken();
            new OnlineEngine(mute.redis, 1, 1, end -> {}, mute.executor)
                    .tasks()
                    .complete(attempt.id(), OptionalInt.empty(), Server.json("{\"body\":2}"));

            Patience.until("the caller found out", Duration.ofSeconds(12), () -> answer.toCompletableFuture()
                    .isDone());
            assertThat(await(answer).body().text()).isEqualTo("2");
        }
    }

    @Test
    void answerThatComesBeforeThePutReturnsIsKept() {
        Engine real = new TasksEngine(a.engine.tasks(), id -> false);
        Engine slow = engine(real, task -> real.put(task)
                .thenCompose(put -> b.engine.takeAsync(queue, 1))
                .thenCompose(taken -> real.complete(task.id(), OptionalInt.of(1), Server.json("{\"body\":\"quick\"}")))
                .thenAccept(completion -> assertThat(completion).isEqualTo(Completion.ACCEPTED)));
        Callers callers = new Callers(a.name, slow, a.bus, new Standings(a.scripts), a.executor, a.scheduler, 10);
        a.tell(callers);
        try {
            assertThat(await(callers.block(blocking(LONG))).body().text()).isEqualTo("\"quick\"");
        } finally {
            a.tell(a.callers);
        }
    }

    @Test
    void noWorkerIsTooFast() {
        int calls = Integer.getInteger("carillon.test.calls", 5_000);
        AtomicInteger left = new AtomicInteger(calls);
        CompletableFuture<?>[] workers = new CompletableFuture<?>[3];
        for (int w = 0; w < workers.length; w++) {
            boolean overTheBus = w > 0;
            workers[w] = CompletableFuture.runAsync(() -> {
                while (left.get() > 0) {
                    for (Attempt attempt : b.engine.take(queue, 10)) {
                        left.decrementAndGet();
                        String result = "{\"body\":\"" + attempt.id().text() + "\"}";
                        if (overTheBus) {
                            a.bus.forward(
                                    attempt.instance(),
                                    new BusEvent.Completed(
                                            attempt.id().text(), OptionalInt.empty(), Server.json(result)));
                        } else {
                            a.engine.tasks().complete(attempt.id(), OptionalInt.empty(), Server.json(result));
                        }
                    }
                }
            });
        }
        for (int from = 0; from < calls; from += 500) {
            CompletableFuture<?>[] answers = new CompletableFuture<?>[500];
            for (int i = 0; i < answers.length; i++) {
                NewTask task = blocking(LONG);
                long start = System.nanoTime();
                answers[i] = a.callers
                        .block(task)
                        .thenAccept(answer -> {
                            assertThat(answer.body().text())
                                    .isEqualTo("\"" + task.id().text() + "\"");
                            // Five seconds would mean that the answer was lost and found again by a look.
                            assertThat(System.nanoTime() - start).isLessThan(4_500_000_000L);
                        })
                        .toCompletableFuture();
            }
            await(CompletableFuture.allOf(answers));
        }
        await(CompletableFuture.allOf(workers));
        assertThat(a.callers.held()).isZero();
    }

    @Test
    void eventsGoOnAfterRedisForgotEverything() throws IOException {
        try (RedisConnection admin = SharedStores.redis().connect()) {
            admin.command("FLUSHALL");
            admin.command("ACL", "DELUSER", "carillon-bus");
        }
        CompletionStage<CallerAnswer> answer = a.callers.block(blocking(LONG));
        Attempt attempt = taken();

        a.append(BusEvent.COMPLETION, Server.completion(attempt.id().text(), "{\"body\":1}"));

        assertThat(await(answer).body().text()).isEqualTo("1");
        Patience.until("workers can log in again", () -> {
            try (RedisConnection worker =
                    RedisConnection.open(URI.create(a.bus.address().url()), Duration.ofSeconds(2))) {
                return worker.command("PING").equals("PONG");
            } catch (IOException refused) {
                return false;
            }
        });
    }

    @Test
    void brokenEventsAreCountedAndKillNothing() {
        long before = a.bus.malformed();
        a.append(BusEvent.COMPLETION, "{\"taskId\":");
        a.append(BusEvent.PROGRESS, "nonsense");
        a.append("something-else", "nonsense");
        CompletionStage<CallerAnswer> answer = a.callers.block(blocking(LONG));
        Attempt attempt = taken();

        a.append(BusEvent.COMPLETION, Server.completion(attempt.id().text(), "{\"body\":1}"));

        assertThat(await(answer).body().text()).isEqualTo("1");
        assertThat(a.bus.malformed() - before).isEqualTo(2);
    }

    @Test
    void progressOverHttpIsKeptWithTheTask() {
        NewTask task = blocking(LONG);
        a.callers.block(task);
        taken();

        Completion kept = await(b.workerEvents.progress(
                task.id(), OptionalInt.of(1), new Progress("1", "half", Server.json("{\"p\": 50}"))));

        assertThat(kept).isEqualTo(Completion.ACCEPTED);
        assertThat(await(a.engine.tasks().find(task.id()))
                        .orElseThrow()
                        .progress()
                        .text())
                .isEqualTo("{\"event_id\":\"1\",\"event_name\":\"half\",\"event_data\":{\"p\": 50}}");
        a.callers.hangUp(task.id());
    }
}
