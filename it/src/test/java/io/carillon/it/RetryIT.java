package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.CallbackReceiver.Inbox;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What workers say about tasks that they have: that they live, that an attempt failed, that they want the next. */
class RetryIT {
    private static final String SHORT = "{\"type\":\"fixed\",\"delay_ms\":400,\"max_ms\":400,\"jitter\":0}";
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    private static String lease(JsonNode task) {
        return "{\"task_id\":\"" + Server.id(task) + "\",\"attempt\":" + task.path("attempt") + "}";
    }

    private static JsonNode heartbeat(Server server, String worker, JsonNode... tasks) {
        List<String> leases = new ArrayList<>();
        for (JsonNode task : tasks) {
            leases.add(lease(task));
        }
        String json = "{\"worker_id\":\"" + worker + "\",\"leases\":[" + String.join(",", leases) + "]}";
        return server.post("/v1/queue/heartbeat", json).expect(200).json();
    }

    private static String as(String worker) {
        return ",\"worker_id\":\"" + worker + "\"";
    }

    private Answer retry(String id, String json) {
        return a.post("/v1/queue/" + id + "/retry", json);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aFailedAttemptComesBackAfterItsBackoffUntilItsLastOne(int level) {
        String queue = a.newQueue();
        Inbox inbox = Whole.receiver().inbox();
        String id = a.putTask(Put.online(queue)
                .level(level)
                .callback(inbox.url())
                .field("max_attempts", "2")
                .field("backoff", SHORT));
        a.takeOne(queue + ":" + level);

        long failed = System.nanoTime();
        retry(id, "{\"reason\":\"no memory\",\"attempt\":1}").expect(200);
        JsonNode resting = b.task(id).json();
        JsonNode again = b.takeOne(queue + ":" + level);

        assertThat(resting.path("state").asText()).isEqualTo("scheduled");
        assertThat(resting.path("run_at").asLong()).isPositive();
        assertThat(resting.path("failed_reason").asText()).isEqualTo("no memory");
        assertThat(Duration.ofNanos(System.nanoTime() - failed)).isGreaterThan(Duration.ofMillis(350));
        assertThat(again.path("attempt").asInt()).isEqualTo(2);
        assertThat(again.path("failures").asInt()).isEqualTo(1);
        retry(id, "{\"reason\":\"again no memory\"}").expect(200);
        assertThat(a.task(id).json().path("state").asText()).isEqualTo("failed");
        assertThat(inbox.await(1).text()).contains("\"500\"").contains("again no memory");
    }

    @Test
    void whoeverHandsBackIsFencedByHisAttempt() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));
        a.takeOne(queue + ":1");
        a.post("/v1/queue/" + id + "/release").expect(200);
        a.takeOne(queue + ":1");

        assertError(retry(id, "{\"attempt\":1}"), 409);
        assertError(a.post("/v1/queue/" + id + "/release", "{\"attempt\":1}"), 409);
        assertError(retry(id.substring(0, id.length() - 6) + "999999", "{}"), 404);
        a.complete(id, "{\"body\":1}").expect(200);
        assertThat(retry(id, "{\"attempt\":2}").expect(200).header("X-Carillon-Accepted"))
                .contains("false");
        assertThat(a.status(id)).isEqualTo("succeeded");
    }

    @Test
    void aReleasedTaskIsFirstAgain() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue).field("max_attempts", "1"));
        String next = a.putTask(Put.offline(queue));
        a.takeOne(queue + ":1");

        b.post("/v1/queue/" + id + "/release", "{\"reason\":\"going down\"}").expect(200);

        assertThat(a.take("fifo", 5, queue + ":1")).containsExactly(id, next);
        assertThat(a.task(id).json().path("failures").asInt()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void heartbeatsKeepAShortLeaseForLong(int level) {
        String queue = a.newQueue();
        String id = a.putTask(Put.online(queue).level(level));
        JsonNode task = a.takeOne(queue + ":" + level, as("w") + ",\"process_timeout\":2");
        long until = System.nanoTime() + Duration.ofSeconds(6).toNanos();

        long[] last = {0};
        Eventually.get(
                Duration.ofSeconds(20),
                () -> {
                    if (System.nanoTime() - last[0] > Duration.ofMillis(700).toNanos()) {
                        last[0] = System.nanoTime();
                        assertThat(heartbeat(b, "w", task).path("renewed")).hasToString("[\"" + id + "\"]");
                    }
                    return System.nanoTime() > until;
                },
                over -> over);

        assertThat(a.task(id).json().path("state").asText()).isEqualTo("running");
        assertThat(a.task(id).json().path("attempt").asInt()).isEqualTo(1);
        assertThat(a.task(id).json().path("lost_leases").asInt()).isZero();
        Eventually.get(() -> a.task(id).json().path("lost_leases").asInt(), lost -> lost == 1);
        assertThat(heartbeat(a, "w", task).path("lost")).hasToString("[\"" + id + "\"]");
    }

    @Test
    void aHeartbeatSaysWhatWasCancelledAndWhatNeverWas() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));
        JsonNode task = a.takeOne(queue + ":1", as("w"));
        b.cancel(id).expect(202);

        JsonNode answer = a.post(
                        "/v1/queue/heartbeat",
                        "{\"worker_id\":\"w\",\"leases\":[" + lease(task)
                                + ",{\"task_id\":\"no task\",\"attempt\":1}]}")
                .expect(200)
                .json();

        assertThat(answer).hasToString("{\"renewed\":[],\"lost\":[\"no task\"],\"cancel\":[\"" + id + "\"]}");
        assertThat(a.complete(id, "{\"body\":1}").expect(200).header("X-Carillon-Accepted"))
                .contains("false");
    }

    @Test
    void heartbeatsAreForWorkersAndForTheirQueues() {
        String queue = a.newQueue();
        String other = a.newQueue();
        a.putTask(Put.offline(queue));
        a.putTask(Put.offline(other));
        JsonNode task = a.takeOne(queue + ":1", as("w"));
        JsonNode ofOther = a.takeOne(other + ":1", as("w"));
        String json = "{\"worker_id\":\"w\",\"leases\":[" + lease(task) + "]}";

        assertError(a.withNewKey("producer").post("/v1/queue/heartbeat", json), 403);
        assertThat(heartbeat(a.withNewKey("worker", other), "w", task, ofOther))
                .hasToString("{\"renewed\":[\"" + Server.id(ofOther) + "\"],\"lost\":[\"" + Server.id(task)
                        + "\"],\"cancel\":[]}");
        assertError(a.withNewKey("worker", other).post("/v1/queue/" + Server.id(task) + "/retry", "{}"), 403);
        a.withNewKey("worker", queue).post("/v1/queue/heartbeat", json).expect(200);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aWorkerThatWaitsHearsThatItsTaskWasCancelled(int level) {
        String queue = a.newQueue();
        String worker = "w-" + UUID.randomUUID();
        String id = a.putTask(Put.online(queue).level(level));
        a.takeOne(queue + ":" + level, as(worker));
        CompletableFuture<Answer> waiting = b.postLater(
                "/v1/queue/take", "{\"queues\":[\"" + queue + ":1\"],\"wait_seconds\":30" + as(worker) + "}");
        CompletableFuture<Answer> other = b.postLater(
                "/v1/queue/take", "{\"queues\":[\"" + queue + ":1\"],\"wait_seconds\":3" + as("other") + "}");

        a.cancel(id).expect(202);

        Answer heard = waiting.orTimeout(5, TimeUnit.SECONDS).join();
        assertThat(heard.expect(200).text().strip()).isEqualTo("{}");
        // One that was asked before whether it is still there has its head already; then the next take tells.
        Answer told =
                heard.text().startsWith("\n") ? b.take("{\"queues\":[\"" + queue + ":1\"]" + as(worker) + "}") : heard;
        assertThat(told.header("X-Carillon-Cancel")).contains(id);
        assertThat(other.join().header("X-Carillon-Cancel")).isEmpty();
    }

    @Test
    void aResultBringsTheNextTasksInOneRoundTrip() {
        String queue = a.newQueue();
        Inbox inbox = Whole.receiver().inbox();
        String first = a.putTask(Put.offline(queue).callback(inbox.url()));
        String second = a.putTask(Put.offline(queue));
        a.takeOne(queue + ":1");

        JsonNode answer = a.complete(
                        first, "{\"status_code\":200,\"take\":{\"queues\":[\"" + queue + ":1\"]},\"body\":{\"n\":1}}")
                .expect(200)
                .json();

        assertThat(answer.path("task_id").asText()).isEqualTo(first);
        assertThat(answer.path("accepted").asBoolean()).isTrue();
        assertThat(answer.path("tasks")
                        .path(queue + ":1")
                        .get(0)
                        .path("task_id")
                        .asText())
                .isEqualTo(second);
        assertThat(inbox.await(1).text()).isEqualTo("{\"status_code\":200,\"body\":{\"n\":1}}");
    }

    @Test
    void theTakeOfAResultWaits() {
        String queue = a.newQueue();
        String first = a.putTask(Put.offline(queue));
        a.takeOne(queue + ":1");
        CompletableFuture<Answer> answer = a.postLater(
                "/v1/queue/" + first + "/complete",
                "{\"body\":1,\"take\":{\"queues\":[\"" + queue + ":1\"],\"wait_seconds\":20}}");
        Eventually.get(() -> b.status(first), "succeeded"::equals);
        assertThat(answer).isNotDone();

        String second = b.putTask(Put.offline(queue));

        assertThat(answer.join()
                        .expect(200)
                        .json()
                        .path("tasks")
                        .path(queue + ":1")
                        .get(0)
                        .path("task_id")
                        .asText())
                .isEqualTo(second);
    }

    @Test
    void aResultThatIsRefusedTakesNothing() {
        String queue = a.newQueue();
        String first = a.putTask(Put.offline(queue));
        a.takeOne(queue + ":1");
        a.post("/v1/queue/" + first + "/release").expect(200);
        a.takeOne(queue + ":1");
        String second = a.putTask(Put.offline(queue));
        String take = ",\"take\":{\"queues\":[\"" + queue + ":1\"],\"wait_seconds\":5}}";

        assertError(a.complete(first, "{\"body\":1,\"attempt\":1" + take), 409);
        assertThat(a.task(second).json().path("state").asText()).isEqualTo("waiting");
        assertError(a.complete(first, "{\"body\":1,\"take\":{\"queues\":[\"never-registered:1\"]}}"), 404);
        assertThat(a.task(first).json().path("state").asText()).isEqualTo("running");

        a.complete(first, "{\"body\":1}").expect(200);
        JsonNode late = a.complete(first, "{\"body\":2" + take).expect(200).json();
        assertThat(late.path("accepted").asBoolean()).isFalse();
        assertThat(late.path("tasks").path(queue + ":1").get(0).path("task_id").asText())
                .isEqualTo(second);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aTaskIsNotTakenBeforeItIsDue(int level) {
        String queue = a.newQueue();
        String later = a.putTask(Put.online(queue).level(level).field("delay_ms", "1500"));
        String now = a.putTask(Put.online(queue).level(level).field("group", "\"x\""));
        String at = a.putTask(Put.online(queue)
                .level(level)
                .field("run_at", "\"" + Instant.now().plusSeconds(3600) + "\""));

        assertThat(a.take("fifo", 5, queue + ":" + level)).containsExactly(now);
        assertThat(a.task(later).json().path("state").asText()).isEqualTo("scheduled");
        assertThat(a.task(now).json().path("group").asText()).isEqualTo("x");
        assertThat(Server.id(b.takeOne(queue + ":" + level))).isEqualTo(later);
        assertThat(a.task(at).json().path("run_at").asLong())
                .isBetween(System.currentTimeMillis() + 3_400_000, System.currentTimeMillis() + 3_700_000);
    }

    @Test
    void anAttemptThatTakesTooLongFails() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue).field("attempt_timeout", "1").field("max_attempts", "1"));
        a.takeOne(queue + ":1", as("w"));

        Eventually.get(() -> a.status(id), "timeout"::equals);
    }

    @Test
    void aPutThatIsRepeatedUnderItsKeyKeepsItsDelay() throws Exception {
        String queue = a.newQueue();
        Answer put = a.send(a.request("/v1/queue/put")
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .POST(HttpRequest.BodyPublishers.ofString(
                        Put.offline(queue).field("delay_ms", "600000").json()))
                .build());

        String id = put.expect(200).json().path("data").asText();
        assertThat(a.task(id).json().path("state").asText()).isEqualTo("scheduled");
        assertThat(a.take("fifo", 5, queue + ":1")).isEmpty();
    }

    @Test
    void whatWouldBeOverBeforeItIsDueIsRefused() {
        String queue = a.newQueue();

        assertError(a.put(Put.offline(queue).field("delay_ms", "60000").timeout(60)), 400);
        assertError(a.put(Put.blocking(queue).field("delay_ms", "10")), 400);
        assertThat(a.take("fifo", 5, queue + ":1", queue + ":0")).isEmpty();
    }
}
