package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator sees: contract 18.2. */
class OperationsIT {
    private final Server a = Whole.a();
    private final Server nobody = a.as(null);

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/health/live", "/health/ready", "/actuator/health"})
    void healthIsUpAndOpenToEverybody(String path) {
        assertThat(nobody.get(path).expect(200).json().path("status").asText()).isEqualTo("UP");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/metrics", "/actuator/prometheus"})
    void metricsCountWhatHappensUnderBellasNamesAndOurs(String path) {
        String queue = a.newQueue();
        a.putTask(Put.offline(queue));
        a.putTask(Put.offline(queue));
        a.putTask(Put.offline(queue));
        String id = Server.id(a.takeOne(queue + ":1"));
        a.takeOne(queue + ":1");
        a.complete(id, "{}").expect(200);

        String text = Eventually.get(
                () -> nobody.get(path).expect(200).text(),
                metrics -> value(metrics, "queue_task_complete_total", queue + ":1") == 1);

        assertThat(value(text, "queue_task_put_total", queue + ":1")).isEqualTo(3);
        assertThat(value(text, "queue_task_take_total", queue + ":1")).isEqualTo(2);
        assertThat(text).contains("carillon_").contains("redis_mesh_forward_latency_seconds");
        assertThat(nobody.get(path).header("Content-Type").orElse("")).startsWith("text/plain");
    }

    @Test
    void batchesAreCountedUnderBellasNames() {
        String queue = a.newQueue();
        a.send(a.request("/v1/batches")
                        .header("Content-Type", "application/json")
                        .header("X-BELLA-QUEUE-NAME", queue)
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "{\"input_file_id\":\"none\",\"endpoint\":\"/v1/x\",\"completion_window\":\"24h\"}"))
                        .build())
                .expect(200);

        // Any instance may have done it.
        Eventually.get(
                () -> Stream.of(a, Whole.b())
                        .map(server -> server.get("/metrics").expect(200).text())
                        .collect(Collectors.joining("\n")),
                metrics -> value(metrics, "batch_finalize_total", queue) == 1
                        && value(metrics, "batch_create_total", queue) == 1
                        && metrics.lines()
                                .anyMatch(line -> line.startsWith("batch_finalize_total{")
                                        && line.contains("queue=\"" + queue + "\",status=\"failed\"} 1")));
    }

    private static double value(String metrics, String name, String queue) {
        return metrics.lines()
                .filter(line -> line.startsWith(name + "{") && line.contains("queue=\"" + queue + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Test
    void openApiDescribesEveryCall() {
        Answer answer = nobody.send(nobody.request("/openapi")
                .header("Accept", "application/json")
                .GET()
                .build());
        JsonNode paths = answer.expect(200).json().path("paths");

        for (String path : List.of(
                "/v1/queue/register",
                "/v1/queue/put",
                "/v1/queue/take",
                "/v1/queue/{task_id}",
                "/v1/queue/{task_id}/complete",
                "/v1/queue/{task_id}/progress",
                "/v1/queue/{task_id}/cancel",
                "/v1/queue/{task_id}/events",
                "/v1/queue/eventbus",
                "/v1/tasks",
                "/v1/queues",
                "/v1/channels/{model}",
                "/v1/keys")) {
            assertThat(paths.has(path)).as(path + " in " + paths.fieldNames()).isTrue();
        }
        JsonNode put = paths.path("/v1/queue/put").path("post");
        assertThat(put.path("requestBody").isMissingNode()).isFalse();
        assertThat(put.path("responses").has("200")).isTrue();
        assertThat(put.path("responses").has("400")).isTrue();
    }
}
