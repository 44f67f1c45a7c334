package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import io.carillon.it.support.ChatWorker;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The official clients, unchanged: of Java, and of Node where that is. The worker is on the other server. */
class OpenAiClientIT {
    private final Server a = Whole.a();
    private final String model = "m-" + UUID.randomUUID();
    private final String embedder = "e-" + UUID.randomUUID();
    private ChatWorker worker;

    @BeforeEach
    void serve() {
        register(model, "/v1/chat/completions");
        register(embedder, "/v1/embeddings");
        worker = new ChatWorker(Whole.b(), model + ":0", embedder + ":0");
    }

    private void register(String queue, String endpoint) {
        a.post("/v1/queue/register", "{\"queue\":\"" + queue + "\",\"endpoint\":\"" + endpoint + "\"}")
                .expect(200);
    }

    @AfterEach
    void stopServing() {
        worker.close();
    }

    private OpenAIClient client(String key, int retries) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(a.url() + "v1")
                .apiKey(key)
                .maxRetries(retries)
                .build();
    }

    private ChatCompletionCreateParams saying(String text) {
        return ChatCompletionCreateParams.builder()
                .model(model)
                .addUserMessage(text)
                .build();
    }

    @Test
    void javaClientGetsItsAnswers() {
        OpenAIClient client = client(a.key(), 0);

        ChatCompletion whole = client.chat().completions().create(saying("hello"));
        assertThat(whole.choices().get(0).message().content()).contains("hello");

        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(saying("hello"))) {
            assertThat(stream.stream()
                            .map(chunk ->
                                    chunk.choices().get(0).delta().content().orElse(""))
                            .toList())
                    .containsExactly("hel", "lo");
        }
        CreateEmbeddingResponse embedded = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model(embedder)
                        .input("x")
                        .encodingFormat(EmbeddingCreateParams.EncodingFormat.FLOAT)
                        .build());
        assertThat(embedded.data().get(0).embedding()).containsExactly(0.5f, -1f);

        List<String> ids =
                client.models().list().autoPager().stream().map(Model::id).toList();
        assertThat(ids).contains(model, embedder);
        assertThat(client.models().retrieve(model).id()).isEqualTo(model);
        client.close();
    }

    @Test
    void javaClientKnowsTheErrors() {
        OpenAIClient client = client(a.key(), 0);
        NotFoundException unknown = catchThrowableOfType(
                NotFoundException.class, () -> client.models().retrieve("nobody-has-it"));
        assertThat(unknown.code()).contains("model_not_found");
        assertThat(unknown.param()).contains("model");
        assertThat(unknown.type()).contains("invalid_request_error");

        OpenAIClient stranger = client("sk-nobody-has-it", 0);
        assertThatThrownBy(() -> stranger.models().list()).isInstanceOf(UnauthorizedException.class);

        String key = a.post(
                        "/v1/keys", "{\"name\":\"it\",\"roles\":[\"producer\"],\"quotas\":{\"requests_per_minute\":0}}")
                .expect(201)
                .json()
                .required("key")
                .textValue();
        OpenAIClient busy = client(key, 0);
        assertThatThrownBy(() -> busy.models().list()).isInstanceOf(RateLimitException.class);

        assertThatThrownBy(() -> {
                    try (StreamResponse<ChatCompletionChunk> stream =
                            client.chat().completions().createStreaming(saying("break"))) {
                        stream.stream().forEach(chunk -> {});
                    }
                })
                .isInstanceOf(OpenAIException.class)
                .hasMessageContaining("broke");
        List.of(client, stranger, busy).forEach(OpenAIClient::close);
    }

    @Test
    void javaClientTriesAgainAsItDoesWithOpenAi() {
        OpenAIClient client = client(a.key(), 2);
        worker.fail(1);
        assertThat(client.chat().completions().create(saying("hello")).choices())
                .hasSize(1);
        client.close();

        OpenAIClient once = client(a.key(), 0);
        worker.fail(1);
        assertThatThrownBy(() -> once.chat().completions().create(saying("hello")))
                .isInstanceOf(InternalServerException.class)
                .hasMessageContaining("warming up");
        once.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"6.49.0", "7.57.0"})
    void nodeClientGetsItsAnswersAndKnowsTheErrors(String version) throws Exception {
        runScript(version, "online.mjs", a.key(), model, embedder);
    }

    @ParameterizedTest
    @ValueSource(strings = {"6.49.0", "7.57.0"})
    void nodeClientDoesItsWholeRoundOfFilesUploadsAndBatches(String version) throws Exception {
        JsonNode key = a.post("/v1/keys", "{\"name\":\"it\",\"roles\":[\"producer\"]}")
                .expect(201)
                .json();
        String secret = a.post("/v1/keys/" + key.required("id").textValue() + "/callback-secrets", "{}")
                .expect(201)
                .json()
                .required("secret")
                .textValue();

        runScript(version, "batches.mjs", key.required("key").textValue(), a.key(), model, secret);
    }

    private void runScript(String version, String script, String... arguments) throws Exception {
        Path directory = directory(version);
        Files.copy(
                Path.of("src", "test", "node", script), directory.resolve(script), StandardCopyOption.REPLACE_EXISTING);
        List<String> command = new ArrayList<>(List.of("node", script, a.url() + "v1"));
        command.addAll(List.of(arguments));
        Path log = directory.resolve(script + ".log");
        int code = run(directory, log, 60, command);
        assertThat(code).as(Files.readString(log)).isZero();
    }

    /** Where that version of the client is. It is fetched once and stays; tests run side by side. */
    private static synchronized Path directory(String version) throws Exception {
        Path directory = Files.createDirectories(Path.of("target", "openai-node", version));
        if (!Files.isDirectory(directory.resolve("node_modules/openai"))) {
            Files.copy(
                    Path.of("src", "test", "node", "package.json"),
                    directory.resolve("package.json"),
                    StandardCopyOption.REPLACE_EXISTING);
            List<String> install = List.of(
                    "npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefer-offline", "openai@" + version);
            assumeTrue(
                    run(directory, directory.resolve("npm.log"), 90, install) == 0,
                    "Skipped: there is no npm here, or it cannot fetch the package openai " + version);
        }
        return directory;
    }

    /** Runs a program and gives its exit code; -1 when there is none of that name or it takes too long. */
    private static int run(Path directory, Path log, int seconds, List<String> command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            try {
                return process.waitFor(seconds, TimeUnit.SECONDS) ? process.exitValue() : -1;
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException noSuchProgram) {
            return -1;
        }
    }
}
