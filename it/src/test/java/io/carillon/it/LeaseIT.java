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
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Workers that are never heard of again: contract 12.3 and 24. */
class LeaseIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    private static String timedOut(String id) {
        return "{\"status_code\":\"408\",\"request_id\":\"" + id + "\"}";
    }

    @ParameterizedTest
    @CsvSource({
        "0, process_timeout, process_max_retries",
        "1, process_timeout, process_max_retries",
        "1, processTimeout, processMaxRetries",
        "0, process_timeout, nothing_of_retries",
        "1, process_timeout, nothing_of_retries"
    })
    void aTaskThatMayNotBeTriedAgainEndsWithItsLeaseAndCallsBackWith408(int level, String timeout, String retries) {
        String queue = a.newQueue();
        Inbox inbox = Whole.receiver().inbox();
        String id = a.putTask(Put.online(queue).level(level).callback(inbox.url()));

        a.takeOne(queue + ":" + level, ",\"" + timeout + "\":1,\"" + retries + "\":0");

        assertThat(inbox.await(1).text()).isEqualTo(timedOut(id));
        JsonNode task = a.task(id).expect(200).json();
        assertThat(task.path("status").asText()).isEqualTo("timeout");
        assertThat(task.path("result")).hasToString(timedOut(id));
        assertThat(task.path("failed_reason").asText()).isNotBlank();
        assertThat(a.take("fifo", 1, queue + ":" + level)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aTaskWhoseLeaseEndsIsGivenToAnotherBeforeThoseBehindIt(int level) {
        String queue = a.newQueue();
        Inbox inbox = Whole.receiver().inbox();
        String id = a.putTask(Put.online(queue).level(level).callback(inbox.url()));
        String next = a.putTask(Put.online(queue).level(level));
        String name = queue + ":" + level;

        JsonNode first = a.takeOne(name, ",\"process_timeout\":1,\"process_max_retries\":1");
        Eventually.get(() -> a.task(id).json().path("state").asText(), "waiting"::equals);
        JsonNode second = b.takeOne(name, ",\"process_timeout\":1,\"process_max_retries\":1");

        assertThat(Server.id(first)).isEqualTo(id);
        assertThat(Server.id(second)).isEqualTo(id);
        assertThat(second.path("start_time")).isEqualTo(first.path("start_time"));
        assertThat(second.path("attempt").asInt()).isEqualTo(2);
        if (level > 0) {
            assertThat(first.path("status").asText()).isEqualTo("waiting");
            assertThat(second.path("status").asText()).isEqualTo("queued");
        }
        assertThat(inbox.await(1).text()).isEqualTo(timedOut(id));
        assertThat(a.take("fifo", 5, name)).containsExactly(next);
        assertThat(inbox.received()).hasSize(1);
    }

    @Test
    void retriesOfMinusOneAreWithoutLimit() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));

        for (int attempt = 1; attempt <= 4; attempt++) {
            JsonNode task = a.takeOne(queue + ":1", ",\"process_timeout\":1,\"process_max_retries\":-1");
            assertThat(Server.id(task)).isEqualTo(id);
            assertThat(task.path("attempt").asInt()).isEqualTo(attempt);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aLateResultCountsAndTakesTheRedeliveredTaskBackOut(int level) {
        String queue = a.newQueue();
        Inbox inbox = Whole.receiver().inbox();
        String name = queue + ":" + level;
        String id = a.putTask(Put.online(queue).level(level).callback(inbox.url()));
        String next = a.putTask(Put.online(queue).level(level));
        a.takeOne(name, ",\"process_timeout\":1,\"process_max_retries\":3");
        Eventually.get(() -> a.task(id).json().path("state").asText(), "waiting"::equals);

        Answer late = b.complete(id, "{\"body\":\"late\"}");

        assertThat(late.expect(200).header("X-Carillon-Accepted")).isNotEqualTo(Optional.of("false"));
        assertThat(a.take("fifo", 5, name)).containsExactly(next);
        assertThat(inbox.await(1).text()).isEqualTo("{\"body\":\"late\"}");
        assertThat(a.status(id)).isEqualTo("succeeded");
    }

    @Test
    void aLateResultCountsAlthoughAnotherWorkerHasTheTask() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));
        a.takeOne(queue + ":1", ",\"process_timeout\":1,\"process_max_retries\":3");
        a.takeOne(queue + ":1");

        a.complete(id, "{\"body\":\"first\"}").expect(200);
        Answer second = b.complete(id, "{\"body\":\"second\"}");

        assertThat(second.expect(200).header("X-Carillon-Accepted")).contains("false");
        assertThat(a.task(id).json().path("result").path("body").asText()).isEqualTo("first");
    }

    @Test
    void aResultWithinTheLeaseEndsIt() {
        String queue = a.newQueue();
        Inbox inbox = Whole.receiver().inbox();
        String done = a.putTask(Put.offline(queue).callback(inbox.url()));
        String lost = a.putTask(Put.offline(queue).callback(inbox.url()));
        String lease = ",\"process_timeout\":1,\"process_max_retries\":0";
        a.takeOne(queue + ":1", lease);
        a.takeOne(queue + ":1", lease);

        a.complete(done, "{\"body\":1}").expect(200);

        inbox.await(2);
        assertThat(inbox.received().stream().map(r -> r.text())).containsExactly("{\"body\":1}", timedOut(lost));
        assertThat(a.status(done)).isEqualTo("succeeded");
    }

    @Test
    void aCallerWhoWaitsGetsTheResultOfTheNextWorker() {
        String queue = a.newQueue();
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue));
        a.takeOne(queue + ":0", ",\"process_timeout\":1,\"process_max_retries\":1");

        JsonNode again = a.takeOne(queue + ":0");
        a.complete(Server.id(again), "{\"body\":\"second\"}").expect(200);

        assertThat(caller.join().text()).isEqualTo("\"second\"");
    }

    @Test
    void aCallerWhoWaitsGets408WhenNobodyMayTryAgain() {
        String queue = a.newQueue();
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue));

        a.takeOne(queue + ":0", ",\"process_timeout\":1,\"process_max_retries\":0");

        assertError(caller.join(), 408);
    }

    @Test
    void aTaskTellsItsWholeStory() {
        String queue = a.newQueue();
        long before = System.currentTimeMillis();
        String id = a.putTask(Put.offline(queue).data("{\"n\":null}").field("trace_id", "\"t\""));

        JsonNode waiting = a.task(id).expect(200).json();
        assertThat(waiting.path("status").asText()).isEqualTo("waiting");
        assertThat(waiting.path("data")).hasToString("{\"n\":null}");
        assertThat(waiting.path("running_time").asLong(-1)).isZero();
        assertThat(waiting.path("completed_time").asLong(-1)).isZero();
        assertThat(waiting.has("result")).isFalse();

        a.takeOne(queue + ":1", ",\"worker_id\":\"w\"");
        b.progress(id, "{\"event_id\":\"1\",\"event_name\":\"step\",\"event_data\":{\"percent\":40,\"of\":null}}")
                .expect(200);
        JsonNode running = b.task(id).expect(200).json();
        assertThat(running.path("status").asText()).isEqualTo("queued");
        assertThat(running.path("state").asText()).isEqualTo("running");
        assertThat(running.path("attempt").asInt()).isEqualTo(1);
        assertThat(running.path("worker_id").asText()).isEqualTo("w");
        assertThat(running.path("progress").toString()).contains("{\"percent\":40,\"of\":null}");

        String result = "{\"status_code\":200,\"body\":{\"big\":12345678901234567890123,\"z\":1,\"a\":null}}";
        a.complete(id, result).expect(200);
        Answer after = b.task(id).expect(200);
        JsonNode done = after.json();
        assertThat(done.path("status").asText()).isEqualTo("succeeded");
        assertThat(after.text()).contains("\"result\":" + result + ",").contains("\"data\":{\"n\":null},");
        assertThat(done.path("trace_id").asText()).isEqualTo("t");
        assertThat(done.path("start_time").asLong()).isBetween(before - 1000, System.currentTimeMillis());
        assertThat(done.path("completed_time").asLong())
                .isBetween(done.path("start_time").asLong(), System.currentTimeMillis() + 1000);
        assertThat(done.path("running_time").asLong())
                .isEqualTo(done.path("completed_time").asLong()
                        - done.path("start_time").asLong());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TASK",
                "TASK-1-1-C-1-1-1",
                "x",
                "eventbus2",
                "TASK-1-1-C-261122093258-0001-000001-x",
                "TASK-0-1-C-261122093258-0001-000001",
                "TASK-1-1-X-261122093258-0001-000001"
            })
    void whatIsNoTaskIdIsRefused(String id) {
        assertError(a.task(id), 400);
        assertError(a.cancel(id), 400);
        assertError(a.complete(id, "{}"), 400);
    }

    @Test
    void anUnknownTaskIs404() {
        assertError(a.task("TASK-1-1-C-261122093258-0001-999999"), 404);
        assertError(a.task("TASK-99999999-0-C-261122093258-0001-999999"), 404);
    }
}
