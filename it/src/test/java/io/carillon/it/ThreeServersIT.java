package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.CallbackReceiver;
import io.carillon.it.support.CallbackReceiver.Inbox;
import io.carillon.it.support.CallbackReceiver.Received;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** Workers that die by the hundred while three servers watch the leases: contract 22, item 8. */
@Isolated("it keeps three servers busy")
class ThreeServersIT {
    private static final int TASKS = 1000;
    private static final int DELIVERIES = 1 + 3;
    private static final Duration PATIENCE = Duration.ofSeconds(150);

    private static final String LEASE =
            ",\"size\":100,\"process_timeout\":2,\"process_max_retries\":3,\"wait_seconds\":1}";
    private final Server a = Whole.a();
    private final List<Server> servers = List.of(a, Whole.b(), Whole.c());

    @AfterAll
    static void stopTheThird() {
        Whole.stopC();
    }

    @Test
    @Timeout(300)
    void eachOfAThousandLostTasksIsRedeliveredAsOftenAsItMayBeAndThenClosed() {
        String queue = a.newQueue();
        String online = queue + ":0";
        String offline = queue + ":1";
        try (CallbackReceiver receiver = CallbackReceiver.start()) {
            Inbox inbox = receiver.inbox();
            Set<String> put = putAll(queue, inbox);
            Map<String, List<Integer>> attempts = new ConcurrentHashMap<>();

            // Workers that take and are never heard of again.
            Eventually.get(
                    PATIENCE,
                    () -> {
                        servers.stream()
                                .map(server -> server.postLater(
                                        "/v1/queue/take", "{\"queues\":" + Server.quoted(online, offline) + LEASE))
                                .toList()
                                .forEach(take -> note(take.join().expect(200).json(), attempts));
                        return inbox.received().size();
                    },
                    received -> received >= TASKS);

            assertThat(attempts.keySet()).isEqualTo(put);
            assertThat(attempts.values()).allSatisfy(each -> assertThat(each).hasSize(DELIVERIES));
            assertThat(attempts.values())
                    .allSatisfy(each -> assertThat(each).isSorted().doesNotHaveDuplicates());
            assertThat(a.take("fifo", 100, online, offline)).isEmpty();
            assertThat(inbox.received().stream().map(Received::text).collect(Collectors.toSet()))
                    .isEqualTo(put.stream()
                            .map(id -> "{\"status_code\":\"408\",\"request_id\":\"" + id + "\"}")
                            .collect(Collectors.toSet()));
            assertThat(inbox.received()).hasSize(TASKS);
            put.stream().limit(20).forEach(id -> assertThat(a.status(id)).isEqualTo("timeout"));
        }
    }

    private Set<String> putAll(String queue, Inbox inbox) {
        List<CompletableFuture<String>> puts = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < TASKS; i++) {
            puts.add(servers.get(i % servers.size())
                    .putLater(Put.online(queue).level(i % 2).callback(inbox.url()))
                    .thenApply(
                            answer -> answer.expect(200).json().required("data").textValue()));
            if (puts.size() == 100) {
                puts.forEach(id -> ids.add(id.join()));
                puts.clear();
            }
        }
        return ids;
    }

    private static void note(JsonNode taken, Map<String, List<Integer>> attempts) {
        taken.forEach(tasks -> tasks.forEach(task -> attempts.computeIfAbsent(Server.id(task), id -> new ArrayList<>())
                .add(task.required("attempt").intValue())));
    }
}
