package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.RawConnection;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Callers who close their connection while they wait for a whole answer; for those who read a stream see StreamingIT. */
@EnabledOnOs(OS.LINUX)
class HangUpIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    /** Several looks of the server. */
    private final Server a = Whole.a();

    private final Server b = Whole.b();

    /** The two APIs that keep callers waiting. */
    private enum Api {
        TASK("/v1/x", "/v1/queue/put") {
            @Override
            String request(String queue) {
                return Put.blocking(queue).json();
            }
        },
        OPENAI("/v1/chat/completions", "/v1/chat/completions") {
            @Override
            String request(String queue) {
                return "{\"model\":\"" + queue + "\"}";
            }
        };

        private final String endpoint;
        final String path;

        Api(String endpoint, String path) {
            this.endpoint = endpoint;
            this.path = path;
        }

        abstract String request(String queue);

        String newQueue(Server server) {
            String queue = "q-" + UUID.randomUUID();
            server.post("/v1/queue/register", "{\"queue\":\"" + queue + "\",\"endpoint\":\"" + endpoint + "\"}")
                    .expect(200);
            return queue;
        }

        void ask(RawConnection caller, String queue) {
            caller.post(path, request(queue));
        }
    }

    /** How a client goes. */
    private enum Way {
        CLOSE {
            @Override
            void go(RawConnection caller) {
                caller.close();
            }
        },
        END_OF_REQUESTS {
            @Override
            void go(RawConnection caller) {
                caller.endRequests();
            }
        };

        abstract void go(RawConnection caller);
    }

    private JsonNode taken(String queue) {
        return b.takeOne(queue + ":0", ",\"worker_id\":\"w\"");
    }

    private JsonNode heartbeat(JsonNode task) {
        return b.post(
                        "/v1/queue/heartbeat",
                        "{\"worker_id\":\"w\",\"leases\":[{\"task_id\":\"" + Server.id(task) + "\",\"attempt\":"
                                + task.path("attempt") + "}]}")
                .expect(200)
                .json();
    }

    private void untilCancelled(String task) {
        Eventually.get(SOON, () -> a.status(task), "cancelled"::equals);
    }

    /** Until a wrong hang-up would have been noticed: another caller has gone meanwhile, and that was noticed, twice. */
    private void stay() {
        for (int looks = 0; looks < 2; looks++) {
            String queue = a.newQueue();
            String other;
            try (RawConnection caller = new RawConnection(a, 0)) {
                Api.TASK.ask(caller, queue);
                other = a.waiting(queue);
            }
            untilCancelled(other);
        }
    }

    @ParameterizedTest
    @EnumSource(Api.class)
    void theTaskThatWaitsForAWorkerIsCancelled(Api api) {
        String queue = api.newQueue(a);
        String task;
        try (RawConnection caller = new RawConnection(a, 0)) {
            api.ask(caller, queue);
            task = a.waiting(queue);
        }

        untilCancelled(task);
        assertThat(a.take("fifo", 1, queue + ":0")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Api.class)
    void theWorkerWhoHasTheTaskIsToldToStop(Api api) {
        String queue = api.newQueue(a);
        JsonNode task;
        try (RawConnection caller = new RawConnection(a, 0)) {
            api.ask(caller, queue);
            task = taken(queue);
            assertThat(heartbeat(task).path("cancel")).isEmpty();
        }

        Eventually.get(
                SOON, () -> heartbeat(task).path("cancel").toString(), ("[\"" + Server.id(task) + "\"]")::equals);
        assertThat(b.complete(Server.id(task), "{}").expect(200).header("X-Carillon-Accepted"))
                .contains("false");
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aCallerWhoWillSendNothingMoreHasHungUp(Way way) {
        String queue = a.newQueue();
        try (RawConnection caller = new RawConnection(a, 0)) {
            Api.TASK.ask(caller, queue);
            String task = a.waiting(queue);

            way.go(caller);

            untilCancelled(task);
        }
    }

    @Test
    void aCallerWhoStillListensIsToldThatItsTaskWasCancelled() {
        String queue = a.newQueue();
        try (RawConnection caller = new RawConnection(a, 0)) {
            Api.TASK.ask(caller, queue);
            a.waiting(queue);

            caller.endRequests();

            assertThat(caller.readAll()).startsWith("HTTP/1.1 408 ").contains("\"cancelled\"");
        }
    }

    @Test
    void aCallerWhoseConnectionIsResetHasHungUp() {
        String queue = a.newQueue();
        RawConnection caller = new RawConnection(a, 0);
        Api.TASK.ask(caller, queue);
        String task = a.waiting(queue);
        // A reset leaves no trace, so the connection must have been seen.
        stay();

        caller.reset();

        untilCancelled(task);
    }

    @ParameterizedTest
    @EnumSource(Api.class)
    void aCallerWhoStaysIsAnsweredAlsoTheSecondTimeOnItsConnection(Api api) {
        String queue = api.newQueue(a);
        try (RawConnection caller = new RawConnection(a, 0)) {
            for (String answer : new String[] {"{\"first\":1}", "{\"second\":2}"}) {
                api.ask(caller, queue);
                JsonNode task = taken(queue);
                stay();
                assertThat(heartbeat(task).path("cancel")).isEmpty();
                b.complete(Server.id(task), "{\"body\":" + answer + "}").expect(200);
                StringBuilder read = new StringBuilder();
                while (read.indexOf(answer) < 0) {
                    read.append(caller.readSome());
                }
                assertThat(read).startsWith("HTTP/1.1 200 ").endsWith(answer);
            }
            api.ask(caller, queue);
            String third = a.waiting(queue);

            caller.close();

            untilCancelled(third);
        }
    }

    @Test
    void aTaskThatRunsGoesOnWhenItsQueueSaysSo() {
        String queue = a.newQueue();
        a.patch("/v1/queues/" + queue, "{\"on_disconnect\":\"finish\"}").expect(200);
        JsonNode running;
        String waiting;
        try (RawConnection first = new RawConnection(a, 0);
                RawConnection second = new RawConnection(a, 0)) {
            Api.TASK.ask(first, queue);
            running = taken(queue);
            Api.TASK.ask(second, queue);
            waiting = a.waiting(queue);
        }

        untilCancelled(waiting);
        stay();
        assertThat(heartbeat(running).path("cancel")).isEmpty();
        b.complete(Server.id(running), "{}").expect(200);
        assertThat(a.status(Server.id(running))).isEqualTo("succeeded");
    }

    @Test
    void whoHungUpCountsForNoQuotaAnyMore() {
        String queue = Api.OPENAI.newQueue(a);
        String key = a.post("/v1/keys", "{\"name\":\"it\",\"roles\":[\"producer\"],\"quotas\":{\"queued_requests\":1}}")
                .expect(201)
                .json()
                .required("key")
                .textValue();
        Server mine = a.as(key);
        String task;
        try (RawConnection caller = new RawConnection(mine, 0)) {
            Api.OPENAI.ask(caller, queue);
            task = a.waiting(queue);
            mine.post(Api.OPENAI.path, Api.OPENAI.request(queue)).expect(429);
        }
        untilCancelled(task);

        CompletableFuture<Answer> worker = CompletableFuture.supplyAsync(
                () -> b.complete(Server.id(taken(queue)), "{\"body\":{}}").expect(200));
        // the quota is given back a moment later
        Eventually.get(
                SOON,
                () -> mine.post(Api.OPENAI.path, Api.OPENAI.request(queue)).status(),
                status -> status == 200);
        worker.join();
    }
}
