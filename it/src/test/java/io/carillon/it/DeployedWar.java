package io.carillon.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.MultipartField;
import com.openai.errors.NotFoundException;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Form;
import io.carillon.it.support.Put;
import io.carillon.it.support.RawConnection;
import io.carillon.it.support.Server;
import io.carillon.it.support.SseReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the WAR does on every application server. Each kind of server has a class that says where one is. */
abstract class DeployedWar {
    abstract Server server();

    /** Where the application server itself answers, if that is elsewhere. */
    Server root() {
        return server();
    }

    @Test
    void aTaskGoesItsWholeWay() {
        String queue = server().newQueue();
        String id = server().putTask(Put.offline(queue).data("{\"n\":null}"));

        JsonNode task = server().takeOne(queue + ":1");
        assertThat(Server.id(task)).isEqualTo(id);
        assertThat(task.path("data")).hasToString("{\"n\":null}");
        assertThat(server().complete(id, "{\"status_code\":200,\"body\":{\"a\":1}}")
                        .expect(200)
                        .text())
                .isEqualTo("\"" + id + "\"");
        assertThat(server().status(id)).isEqualTo("succeeded");
    }

    @Test
    void whatIsNotThereIsSaidInJson() {
        Answer unknown = server().get("/v1/nothing").expect(404);
        assertThat(unknown.text()).startsWith("{\"error\":{\"message\":");
        assertThat(unknown.header("openai-organization").orElse("")).startsWith("ck_");
        Answer notAllowed = server().delete("/v1/batches").expect(405);
        assertThat(notAllowed.header("openai-organization").orElse("")).startsWith("ck_");
        assertThat(server().get("/nothing").expect(404).json().path("code").intValue())
                .isEqualTo(404);
    }

    @Test
    void aCallerWaitsForTheAnswer() throws Exception {
        String queue = server().newQueue();
        CompletableFuture<Answer> caller = server().putLater(Put.blocking(queue));
        server().complete(Server.id(server().takeOne(queue + ":0")), "{\"status_code\":202,\"body\":\"finished\"}")
                .expect(200);

        assertThat(caller.get(20, TimeUnit.SECONDS).expect(202).text()).isEqualTo("\"finished\"");
    }

    @ParameterizedTest
    @CsvSource({"/v1/x, /v1/queue/put", "/v1/chat/completions, /v1/chat/completions"})
    void aLargeAnswerComesWholeToAClientWhoReadsItLate(String endpoint, String path) {
        String queue = "q-" + UUID.randomUUID();
        server().post("/v1/queue/register", "{\"queue\":\"" + queue + "\",\"endpoint\":\"" + endpoint + "\"}")
                .expect(200);
        String large = "{\"large\":\"" + "0123456789abcdef".repeat(4 << 16) + "\"}";
        String request = path.equals(endpoint)
                ? "{\"model\":\"" + queue + "\"}"
                : Put.blocking(queue).json();
        try (RawConnection caller = new RawConnection(server(), 4096)) {
            caller.post(server().url().getPath() + path.substring(1), request);
            String id = Server.id(server().takeOne(queue + ":0"));
            server().complete(id, "{\"status_code\":202,\"body\":" + large + "}")
                    .expect(200);
            server().putTask(Put.offline(queue));
            String head = caller.readSome();
            assertThat(head).startsWith("HTTP/1.1 202").contains("Content-Length: " + large.length());
            StringBuilder answer = new StringBuilder(head);
            while (answer.length() < large.length() + head.indexOf("\r\n\r\n") + 4) {
                answer.append(caller.readSome());
            }
            assertThat(answer).endsWith(large);
            // The connection is as good as before.
            caller.post(
                    server().url().getPath() + "v1/queue/put",
                    Put.offline(queue).json());
            assertThat(caller.readSome()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void theHeadOfALargeAnswerComesAlone() {
        String queue = server().newQueue();
        String id = server().putTask(Put.offline(queue).data("{\"large\":\"" + "x".repeat(1 << 20) + "\"}"));
        try (RawConnection client = new RawConnection(server(), 0)) {
            for (int i = 0; i < 2; i++) {
                client.write("HEAD " + server().url().getPath() + "v1/queue/" + id + " HTTP/1.1\r\nHost: "
                        + server().address() + "\r\nAuthorization: Bearer " + server().key() + "\r\n\r\n");
                assertThat(client.readSome()).startsWith("HTTP/1.1 200").endsWith("\r\n\r\n");
            }
        }
    }

    @Test
    void aCallerReadsProgressWhenItHappens() {
        String queue = server().newQueue();
        try (SseReader caller = SseReader.put(server(), Put.streaming(queue))) {
            String id = Server.id(server().takeOne(queue + ":0"));
            server().progress(id, "{\"event_id\":\"1\",\"event_name\":\"message\",\"event_data\":{\"percent\":50}}")
                    .expect(200);
            assertThat(caller.frame()).isEqualTo("id:1\nevent:message\ndata:{\"percent\":50}\n\n");
            server().complete(id, "{\"status_code\":200,\"body\":\"finished\"}").expect(200);

            assertThat(caller.frames()).isEmpty();
        }
    }

    @Test
    void aFileIsKeptThoughItIsLargerThanServersUsuallyTake() {
        String text = "0123456789abcde\n".repeat(700_000);
        String id = Form.of("user_data", "large.txt", text)
                .post(server(), "/v1/files")
                .expect(200)
                .json()
                .path("id")
                .textValue();

        assertThat(server().get("/v1/files/" + id + "/content").expect(200).text())
                .isEqualTo(text);
    }

    @Test
    void whatAnAdminSaysIsKept() {
        String queue = server().newQueue();
        String model = "meta/" + UUID.randomUUID();
        server().put("/v1/channels/" + model, "{\"queue\":\"" + queue + "\"}").expect(200);
        Server producer = server().withNewKey("producer", queue);

        assertThat(server().get("/v1/channels/" + model.replace("/", "%2F"))
                        .expect(200)
                        .json()
                        .path("queue")
                        .textValue())
                .isEqualTo(queue);
        producer.putTask(Put.offline(queue));
        producer.take("{\"queues\":[\"" + queue + ":1\"]}").expect(403);
    }

    @Test
    void anOpenAiClientFindsItsPathsAndItsErrors() {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(server().url() + "v1")
                .apiKey(server().key())
                .maxRetries(0)
                .build();
        try {
            FileObject file = client.files()
                    .create(FileCreateParams.builder()
                            .purpose(FilePurpose.BATCH)
                            .file(MultipartField.<InputStream>builder()
                                    .value(new ByteArrayInputStream("{\"custom_id\":\"1\"}\n".getBytes(UTF_8)))
                                    .filename("in.jsonl")
                                    .build())
                            .build());

            assertThat(client.files().retrieve(file.id()).bytes()).isEqualTo(18);
            assertThat(client.batches().list().data()).isEmpty();
            assertThatThrownBy(() -> client.batches().retrieve("batch_unknown"))
                    .isInstanceOf(NotFoundException.class)
                    .hasMessageContaining("batch_unknown");
            assertThat(client.files().delete(file.id()).deleted()).isTrue();
        } finally {
            client.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/health,          carillon redis mariadb",
        "/health/live,     carillon",
        "/health/ready,    server redis mariadb"
    })
    void healthIsUpAndOpenToEverybody(String path, String checks) {
        JsonNode health = root().as(null).get(path).expect(200).json();

        assertThat(health.path("status").asText()).isEqualTo("UP");
        assertThat(health.path("checks").findValuesAsText("name")).containsAll(List.of(checks.split(" ")));
    }

    @Test
    void healthIsAlsoWhereSpringHasIt() {
        assertThat(server().as(null).get("/actuator/health").expect(200).json().path("status"))
                .hasToString("\"UP\"");
    }

    @Test
    void pathsThatServersHaveForThemselvesAreTheApplications() {
        assertThat(server().as(null).get("/metrics").expect(200).text()).contains("# TYPE carillon_bus_events_total");
        server().as(null).post("/console/metadata/channel", "{}").expect(401);
    }
}
