package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.BusWorker;
import io.carillon.it.support.CallbackReceiver.Inbox;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.SseReader;
import io.carillon.it.support.Whole;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What people copied out of Bella-Queue's documents, sent as it is: contract 23. */
class CompatibilityIT {
    private final Server a = Whole.a();

    @Test
    void theSampleOfACallbackTaskWorksWithItsTrailingComma() {
        String queue = a.newQueue();
        Inbox inbox = Whole.receiver().inbox();
        Answer put = a.post(
                "/v1/queue/put",
                """
                {
                    "endpoint": "/v1/chat/completions",
                    "queue": "%s",
                    "level": 1,
                    "data": {
                        "model": "gpt-4",
                        "messages": [{"role": "user", "content": "Hello!"}]
                    },
                    "response_mode": "callback",
                    "callback_url": "%s",
                    "timeout": 3600,
                }
                """
                        .formatted(queue, inbox.url()));
        String id = put.expect(200).json().path("data").asText();

        Answer take = a.post(
                "/v1/queue/take",
                """
                {
                    "queues": ["%1$s:0", "%1$s:1"],
                    "size": 2,
                    "strategy": "active_passive",
                    "process_timeout": 0,
                    "process_max_retries": 0,
                    "min_age_seconds": 0
                }
                """
                        .formatted(queue));
        JsonNode task = take.expect(200).json().path(queue + ":1").path(0);
        Answer complete = a.post(
                "/v1/queue/" + id + "/complete",
                "{\"status_code\":200,\"request_id\":\"" + id + "\",\"body\":{\"answer\":42}}");

        assertThat(Server.id(task)).isEqualTo(id);
        assertThat(task.path("expire_time").asLong() - task.path("start_time").asLong())
                .isEqualTo(3_600_000);
        assertThat(complete.expect(200).text()).isEqualTo("\"" + id + "\"");
        assertThat(inbox.await(1).text())
                .isEqualTo("{\"status_code\":200,\"request_id\":\"" + id + "\",\"body\":{\"answer\":42}}");
    }

    @Test
    void theSampleOfABlockingTaskWorksOverTheBus() {
        String queue = a.newQueue();
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue).data("{\"q\":\"a\"}"));
        JsonNode task = a.takeOne(queue + ":0");
        try (BusWorker bus = new BusWorker(a)) {
            bus.append(
                    task,
                    Map.of(
                            "name", "task-completion-event",
                            "from", "",
                            "context", "",
                            "timestamp", "1795311217000",
                            "payload",
                                    "{\"taskId\":\"" + Server.id(task)
                                            + "\",\"result\":{\"status_code\":\"429\",\"body\":{\"error\":{\"message\":\"slow down\"}}}}"),
                    System.currentTimeMillis() - 30 * 60_000);
        }

        assertThat(caller.join().status()).isEqualTo(429);
        assertThat(caller.join().text()).isEqualTo("{\"error\":{\"message\":\"slow down\"}}");
    }

    @Test
    void anSdkWhoseExecutorThrowsReleasesTheCallerInEveryMode() {
        String queue = a.newQueue();
        String thrown = "{\"status_code\":500,\"body\":{\"error\":\"it broke\"}}";

        CompletableFuture<Answer> blocked = a.putLater(Put.blocking(queue));
        a.complete(Server.id(a.takeOne(queue + ":0")), thrown).expect(200);
        assertThat(blocked.join().status()).isEqualTo(500);
        assertThat(blocked.join().text()).isEqualTo("{\"error\":\"it broke\"}");

        try (SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            a.complete(Server.id(a.takeOne(queue + ":0")), thrown).expect(200);
            assertThat(caller.head().statusCode()).isEqualTo(500);
            assertThat(caller.body()).isEqualTo("{\"error\":\"it broke\"}");
        }
    }

    @Test
    void anOldSdkWhoseBaseAddressHasV1CallsItTwice() {
        String queue = a.newQueue();

        String id = a.post("/v1/v1/queue/put", Put.offline(queue).json())
                .expect(200)
                .json()
                .path("data")
                .asText();
        assertThat(Server.ids(a.post("/v1/v1/queue/take", "{\"queues\":[\"" + queue + ":1\"],\"size\":1}")))
                .containsExactly(id);
        a.post("/v1/v1/queue/" + id + "/complete", "{}").expect(200);
        a.get("/v1/v1/queue/eventbus").expect(200);
        a.get("/v1/v1/queue/" + queue + "%3A1/stats").expect(200);

        assertThat(a.status(id)).isEqualTo("succeeded");
    }

    @Test
    void theKeyInTheQueryIsOffByDefault() {
        Answer answer = a.as(null).get("/v1/queue/eventbus?Authorization=Bearer%20" + a.key());

        assertThat(answer.status()).isEqualTo(401);
    }
}
