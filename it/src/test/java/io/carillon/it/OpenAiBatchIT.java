package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.Headers;
import com.openai.core.http.HttpResponse;
import com.openai.errors.NotFoundException;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.batches.BatchListParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import com.openai.models.webhooks.UnwrapWebhookEvent;
import com.openai.models.webhooks.WebhookVerificationParams;
import io.carillon.it.support.BatchCalls;
import io.carillon.it.support.CallbackReceiver;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole round with OpenAI's own client, which cannot tell this server from theirs. */
class OpenAiBatchIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Server server = Whole.a();

    private static OpenAIClient client(Server of) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(of.url() + "v1")
                .apiKey(of.key())
                .build();
    }

    @Test
    void theOfficialClientDoesItsWholeRound(@TempDir Path directory) throws IOException {
        OpenAIClient client = client(server);
        String queue = server.newQueue();
        Path input = Files.writeString(directory.resolve("in.jsonl"), BatchCalls.input(queue, 5));

        FileObject file = client.files()
                .create(FileCreateParams.builder()
                        .purpose(FilePurpose.BATCH)
                        .file(input)
                        .build());
        Batch created = client.batches()
                .create(BatchCreateParams.builder()
                        .inputFileId(file.id())
                        .endpoint(BatchCreateParams.Endpoint.V1_CHAT_COMPLETIONS)
                        .completionWindow(BatchCreateParams.CompletionWindow._24H)
                        .metadata(BatchCreateParams.Metadata.builder()
                                .putAdditionalProperty("team", JsonValue.from("search"))
                                .build())
                        .build());
        assertThat(created.validate().status()).isEqualTo(Batch.Status.VALIDATING);
        BatchCalls calls = new BatchCalls(server);
        for (int done = 0; done < 5; ) {
            done += calls.work(
                    queue, 10, n -> n == 2 ? "{\"status_code\":429,\"body\":{\"error\":{}}}" : BatchCalls.done(n));
        }
        Batch batch = Eventually.get(PATIENCE, () -> client.batches().retrieve(created.id()), now -> now.status()
                .equals(Batch.Status.COMPLETED));

        assertThat(batch.validate().requestCounts().orElseThrow().completed()).isEqualTo(4);
        assertThat(batch.requestCounts().orElseThrow().failed()).isEqualTo(1);
        assertThat(batch.usage().orElseThrow().totalTokens()).isEqualTo(20);
        assertThat(batch.model()).contains(queue);
        assertThat(batch.metadata().orElseThrow()._additionalProperties().get("team"))
                .isEqualTo(JsonValue.from("search"));
        assertThat(content(client, batch.outputFileId().orElseThrow())).hasSize(4);
        assertThat(content(client, batch.errorFileId().orElseThrow())).hasSize(1);
        assertThat(client.batches().cancel(retrievable(client, queue)).status()).isEqualTo(Batch.Status.CANCELLING);
        assertThat(client.batches().list(BatchListParams.builder().limit(1).build()).autoPager().stream()
                        .map(Batch::id))
                .contains(batch.id());
        assertThatThrownBy(() -> client.batches().retrieve("batch_none")).isInstanceOf(NotFoundException.class);
    }

    private static List<String> content(OpenAIClient client, String file) {
        try (HttpResponse response = client.files().content(file)) {
            return new String(response.body().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A batch of which no worker will hear. */
    private String retrievable(OpenAIClient client, String queue) {
        String id = BatchCalls.id(new BatchCalls(server).create(BatchCalls.input(queue, 2)));
        assertThat(client.batches().retrieve(id).id()).isEqualTo(id);
        return id;
    }

    @Test
    void itsWebhooksAcceptOurEvents() {
        CallbackReceiver.Inbox inbox = Whole.receiver().inbox();
        JsonNode key = server.post("/v1/keys", "{\"name\":\"it\",\"roles\":[\"producer\"],\"queues\":[]}")
                .expect(201)
                .json();
        Server owner = server.as(key.required("key").textValue());
        String secret = server.post("/v1/keys/" + key.required("id").textValue() + "/callback-secrets", "{}")
                .expect(201)
                .json()
                .required("secret")
                .textValue();

        String id = BatchCalls.id(owner.send(owner.request("/v1/batches")
                        .header("Content-Type", "application/json")
                        .header("X-Webhook-Url", inbox.url())
                        .POST(BodyPublishers.ofString(BatchCalls.request("file-none")))
                        .build())
                .expect(200)
                .json());

        CallbackReceiver.Received received =
                Eventually.get(PATIENCE, inbox::received, all -> !all.isEmpty()).get(0);
        Headers.Builder headers = Headers.builder();
        received.headers().forEach((name, values) -> values.forEach(value -> headers.put(name, value)));
        UnwrapWebhookEvent event = client(owner)
                .webhooks()
                .unwrap(WebhookVerificationParams.builder()
                        .payload(received.body())
                        .secret(secret)
                        .headers(headers.build())
                        .build());
        assertThat(event.asBatchFailed().data().id()).isEqualTo(id);
    }
}
