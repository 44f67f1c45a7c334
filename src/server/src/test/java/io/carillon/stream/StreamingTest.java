package io.carillon.stream;

import static io.carillon.task.OnlineEngine.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.error.Refused;
import io.carillon.platform.json.RawJson;
import io.carillon.stores.RedisConnection;
import io.carillon.stores.SharedStores;
import io.carillon.task.Attempt;
import io.carillon.task.Completion;
import io.carillon.task.NewTask;
import io.carillon.task.ResponseMode;
import io.carillon.task.TaskState;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Streaming callers and watchers, with two instances on one Redis. */
class StreamingTest {
    private static final AtomicInteger QUEUES = new AtomicInteger(8000);
    private static Server a;
    private static Server b;

    private final int queue = QUEUES.incrementAndGet();
    private final Reader reader = new Reader();

    StreamingTest() throws IOException {}

    @BeforeAll
    static void start() {
        a = new Server(SharedStores.redis(), 301, 1000).start();
        b = new Server(SharedStores.redis(), 302, 1000).start();
    }

    @AfterAll
    static void stop() {
        a.close();
        b.close();
    }

    private static CallerAnswer shaped(Refused why) {
        int status =
                switch (why.reason()) {
                    case TIMEOUT -> 408;
                    case FULL -> 429;
                    case UNKNOWN -> 404;
                    default -> 503;
                };
        return new CallerAnswer(
                status,
                RawJson.of("{\"code\":" + status + ",\"error\":{\"message\":\"m\",\"code\":\"" + status + "\"}}"));
    }

    private NewTask streaming(Duration life) {
        NewTask task = a.engine.newTask(queue, ResponseMode.STREAMING, life);
        a.callers.stream(task, reader.events(), StreamingTest::shaped);
        return task;
    }

    private Attempt taken() {
        Attempt[] got = new Attempt[1];
        Patience.until("the task can be taken", () -> {
            b.engine.take(queue, 1).forEach(attempt -> got[0] = attempt);
            return got[0] != null;
        });
        return got[0];
    }

    private static String progress(Attempt attempt, int n) {
        return "{\"taskId\":\"" + attempt.id().text() + "\",\"eventId\":\"" + n
                + "\",\"eventName\":\"message\",\"eventData\":{\"n\":" + n + "}}";
    }

    private static String frames(int from, int to) {
        StringBuilder frames = new StringBuilder();
        for (int n = from; n < to; n++) {
            frames.append("id:" + n + "\nevent:message\ndata:{\"n\":" + n + "}\n\n");
        }
        return frames.toString();
    }

    @Test
    void progressAndItsEndComeInOrderOverTheBus() throws IOException {
        streaming(Duration.ofSeconds(60));
        Attempt attempt = taken();

        try (RedisConnection worker = SharedStores.redis().connect()) {
            for (int n = 0; n < 300; n++) {
                worker.command(Server.append(a.name, BusEvent.PROGRESS, progress(attempt, n)));
            }
            worker.command(Server.append(
                    a.name,
                    BusEvent.COMPLETION,
                    Server.completion(attempt.id().text(), "{\"status_code\":200,\"stream\":true}")));
            worker.command(Server.append(a.name, BusEvent.PROGRESS, progress(attempt, 999)));
        }

        Patience.until("the stream ends", () -> reader.finished);
        assertThat(reader.text()).isEqualTo(frames(0, 300));
        assertThat(await(a.engine.tasks().find(attempt.id())).orElseThrow().state())
                .isEqualTo(TaskState.SUCCEEDED);
    }

    @Test
    void aWorkerCannotPassForAnInstance() {
        NewTask task = streaming(Duration.ofSeconds(60));
        long dropped = a.workerEvents.dropped();
        // Nobody has the task yet, so no worker's event counts.
        a.append(BusEvent.PROGRESS, "{\"kept\":true,\"taskId\":\"" + task.id().text() + "\",\"eventData\":\"forged\"}");
        Patience.until(
                "it is dropped",
                () -> a.workerEvents.dropped() > dropped || !reader.text().isEmpty());

        assertThat(reader.text()).isEmpty();
    }

    @Test
    void completionOverHttpDoesNotOvertakeProgressOverTheBus() throws IOException {
        streaming(Duration.ofSeconds(60));
        Attempt attempt = taken();

        try (RedisConnection worker = SharedStores.redis().connect()) {
            for (int n = 0; n < 200; n++) {
                worker.command(Server.append(a.name, BusEvent.PROGRESS, progress(attempt, n)));
            }
        }
        await(a.engine.tasks().complete(attempt.id(), OptionalInt.empty(), RawJson.of("{\"body\":{}}")));

        Patience.until("the stream ends", () -> reader.finished);
        assertThat(reader.text()).isEqualTo(frames(0, 200));
    }

    @Test
    void workerWithoutRedisStreamsFromAnotherInstance() {
        NewTask task = streaming(Duration.ofSeconds(60));
        taken();

        for (int n = 0; n < 20; n++) {
            assertThat(await(b.workerEvents.progress(
                            task.id(),
                            OptionalInt.of(1),
                            new Progress("" + n, "message", RawJson.of("{\"n\":" + n + "}")))))
                    .isEqualTo(Completion.ACCEPTED);
        }
        await(b.engine
                .tasks()
                .complete(task.id(), OptionalInt.of(1), RawJson.of("{\"status_code\":500,\"error\":\"gpu\"}")));

        Patience.until("the stream ends", () -> reader.finished);
        assertThat(reader.text()).isEqualTo(frames(0, 20) + "event:error\ndata:{\"error\":{\"message\":\"gpu\"}}\n\n");
    }

    @Test
    void timeoutBeforeAnyEventIs408() {
        streaming(Duration.ofMillis(300));

        Patience.until("the stream ends", () -> reader.finished);
        assertThat(reader.status).isEqualTo(408);
        assertThat(reader.text()).startsWith("{\"code\":408");
    }

    @Test
    void timeoutAfterEventsIsAnErrorEvent() {
        streaming(Duration.ofMillis(2500));
        Attempt attempt = taken();
        a.append(BusEvent.PROGRESS, progress(attempt, 0));

        Patience.until("the stream ends", () -> reader.finished);
        assertThat(reader.text())
                .isEqualTo(frames(0, 1) + "event:error\ndata:{\"error\":{\"message\":\"m\",\"code\":\"408\"}}\n\n");
    }

    @Test
    void taskOfAReaderWhoWentAwayIsCancelled() {
        NewTask task = streaming(Duration.ofSeconds(60));
        Attempt attempt = taken();
        reader.goAway();
        a.append(BusEvent.PROGRESS, progress(attempt, 0));

        Patience.until(
                "the task is cancelled",
                () -> await(a.engine.tasks().find(task.id())).orElseThrow().state() == TaskState.CANCELLED);
    }

    @Test
    void stalledReaderHoldsUpNobodyElse() throws IOException {
        streaming(Duration.ofSeconds(60));
        Attempt stalled = taken();
        reader.stopReading();
        Reader quick = new Reader();
        NewTask task = a.engine.newTask(queue, ResponseMode.STREAMING, Duration.ofSeconds(60));
        a.callers.stream(task, quick.events(), StreamingTest::shaped);
        Attempt attempt = taken();

        try (RedisConnection worker = SharedStores.redis().connect()) {
            for (int n = 0; n < 100; n++) {
                worker.command(Server.append(a.name, BusEvent.PROGRESS, progress(stalled, n)));
                worker.command(Server.append(a.name, BusEvent.PROGRESS, progress(attempt, n)));
            }
            worker.command(Server.append(
                    a.name, BusEvent.COMPLETION, Server.completion(attempt.id().text(), "{}")));
        }

        Patience.until("the other stream ends", Duration.ofSeconds(5), () -> quick.finished);
        assertThat(quick.text()).isEqualTo(frames(0, 100));
        assertThat(reader.text()).isEmpty();
    }

    @Test
    void callerWhoStopsReadingIsCutOffThoughItsTaskHasEnded() {
        streaming(Duration.ofSeconds(60));
        Attempt attempt = taken();
        reader.stopReading();
        a.append(BusEvent.PROGRESS, progress(attempt, 0));
        a.append(BusEvent.COMPLETION, Server.completion(attempt.id().text(), "{}"));
        Patience.until(
                "it waits for the task no more",
                () -> a.callers.waiting(attempt.id().text()) == null);

        thenItIsCutOff();
    }

    @Test
    void watcherWhoStopsReadingIsCutOffThoughTheTaskHasEnded() {
        NewTask task = a.engine.newTask(queue, ResponseMode.CALLBACK, Duration.ofSeconds(60));
        await(a.engine.tasks().put(task));
        b.events.stream(task.id(), Optional.empty(), reader.events(), StreamingTest::shaped);
        Patience.until("the state now", () -> reader.text().contains("\"state\":\"waiting\""));
        reader.stopReading();
        await(a.engine.tasks().cancel(task.id(), "x", false));
        Patience.until("it watches no more", () -> b.events.watching() == 0);

        thenItIsCutOff();
    }

    private void thenItIsCutOff() {
        assertThat(reader.outflows.open()).isOne();
        assertThat(reader.events().isOver()).isFalse();

        Patience.until("it is cut off", () -> {
            reader.outflows.tick(System.nanoTime() + Duration.ofSeconds(61).toNanos());
            return reader.events().isOver();
        });
        assertThat(reader.finished).isTrue();
        assertThat(reader.outflows.open()).isZero();
    }

    // --- watchers

    @Test
    void watcherSeesEveryChangeInOrder() {
        NewTask task = a.engine.newTask(queue, ResponseMode.CALLBACK, Duration.ofSeconds(60));
        await(a.engine.tasks().put(task));
        b.events.stream(task.id(), Optional.empty(), reader.events(), StreamingTest::shaped);
        Patience.until("the state now", () -> reader.text().contains("\"state\":\"waiting\""));

        taken();
        for (int n = 0; n < 700; n++) {
            await(a.workerEvents.progress(task.id(), OptionalInt.of(1), new Progress(null, null, RawJson.of("" + n))));
        }
        await(a.engine.tasks().complete(task.id(), OptionalInt.of(1), RawJson.of("{}")));

        Patience.until("the end", () -> reader.finished);
        assertThat(data(reader)).hasSize(703).satisfies(data -> {
            assertThat(data.get(1)).contains("\"state\":\"running\",\"attempt\":1");
            for (int n = 0; n < 700; n++) {
                assertThat(data.get(2 + n)).isEqualTo("{\"event_data\":" + n + "}");
            }
            assertThat(data.get(702)).contains("\"state\":\"succeeded\"");
        });
        Patience.until("nobody watches", () -> b.events.watching() == 0);
    }

    @Test
    void watcherWhoComesBackMissesNothing() throws IOException {
        NewTask task = a.engine.newTask(queue, ResponseMode.CALLBACK, Duration.ofSeconds(60));
        await(a.engine.tasks().put(task));
        a.events.stream(task.id(), Optional.empty(), reader.events(), StreamingTest::shaped);
        Patience.until("the state now", () -> reader.text().contains("waiting"));
        reader.goAway();
        String seen = reader.text().substring(3, reader.text().indexOf('\n'));
        taken();
        await(a.engine.tasks().complete(task.id(), OptionalInt.of(1), RawJson.of("{}")));

        Reader again = new Reader();
        b.events.stream(task.id(), Optional.of(seen), again.events(), StreamingTest::shaped);

        Patience.until("the end", () -> again.finished);
        assertThat(data(again)).hasSize(2);
        assertThat(data(again).get(0)).contains("running");
        assertThat(data(again).get(1)).contains("succeeded");

        String end = again.text().substring(again.text().lastIndexOf("id:") + 3);
        Reader third = new Reader();
        a.events.stream(
                task.id(), Optional.of(end.substring(0, end.indexOf('\n'))), third.events(), StreamingTest::shaped);
        Patience.until("the end", () -> third.finished);
        assertThat(third.status).isEqualTo(204);
    }

    @Test
    void taskThatHasEndedGivesOneEvent() {
        NewTask task = a.engine.newTask(queue, ResponseMode.CALLBACK, Duration.ofSeconds(60));
        await(a.engine.tasks().put(task));
        await(a.engine.tasks().cancel(task.id(), "x", false));

        b.events.stream(task.id(), Optional.of("nonsense"), reader.events(), StreamingTest::shaped);

        Patience.until("the end", () -> reader.finished);
        assertThat(data(reader)).singleElement().asString().contains("\"state\":\"cancelled\"");
    }

    @Test
    void unknownTaskIsRefused() {
        NewTask task = a.engine.newTask(queue, ResponseMode.CALLBACK, Duration.ofSeconds(60));

        b.events.stream(task.id(), Optional.empty(), reader.events(), StreamingTest::shaped);

        Patience.until("the end", () -> reader.finished);
        assertThat(reader.status).isEqualTo(404);
    }

    private static List<String> data(Reader reader) {
        return reader.text()
                .lines()
                .filter(line -> line.startsWith("data:"))
                .map(line -> line.substring(5))
                .toList();
    }
}
