package io.carillon.worker.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.carillon.worker.PermanentFailure;
import io.carillon.worker.Result;
import io.carillon.worker.TaskWrapper;
import io.carillon.worker.Worker;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "openai",
        description = {
            "Forwards tasks to an OpenAI-compatible server: vLLM, Ollama, llama.cpp, or any other.",
            "",
            "A task of the endpoint /v1/chat/completions goes to UPSTREAM/chat/completions. A caller who streams gets each"
                    + " piece as it comes. When a task is cancelled, so is the request. A task that is refused with 429 after"
                    + " all tries waits here and counts for nothing; 5xx, 401 and 403 count as a failed attempt; every other"
                    + " answer is the task's result.%n"
        },
        sortOptions = false)
final class OpenAiCommand extends WorkCommand {
    private static final Pattern ENDPOINT = Pattern.compile("/v1((?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+)");
    private static final int BAD_REQUEST = 400;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int TOO_MANY = 429;
    private static final int BAD_GATEWAY = 502;
    private static final int LONGEST_NAME = 256;
    private static final Duration REST = Duration.ofSeconds(5);
    private static final Duration LONGEST_REST = Duration.ofMinutes(1);

    @Option(
            names = "--upstream",
            paramLabel = "URL",
            description = "The server that does the work, such as http://localhost:8000/v1")
    String upstreamUrl;

    @Option(
            names = "--upstream-key",
            paramLabel = "KEY",
            description = "Its API key, sent as Authorization: Bearer (CARILLON_WORKER_UPSTREAM_KEY)")
    String upstreamKey;

    @Option(names = "--model", paramLabel = "NAME", description = "Ask for this model, whatever the task asks for")
    String model;

    @Mixin
    UpstreamOptions options;

    private Upstream upstream;
    private String base;
    private Secrets secrets;

    @Override
    void check() {
        require(upstreamUrl != null, "--upstream", "An upstream is needed: --upstream or CARILLON_WORKER_UPSTREAM");
        base = used("--upstream", () -> address(upstreamUrl, "--upstream"))
                .toString()
                .replaceFirst("/+$", "");
    }

    /** @throws IllegalArgumentException when it is no address, naming the flag */
    static URI address(String url, String flag) {
        try {
            URI uri = URI.create(url.strip());
            if (uri.getHost() != null && List.of("http", "https").contains(uri.getScheme())) {
                return uri;
            }
        } catch (IllegalArgumentException none) {
            // Said below.
        }
        throw new IllegalArgumentException(flag + ": '" + url + "' is no http or https address");
    }

    private List<String> headers() {
        List<String> headers = new ArrayList<>(options.headers);
        if (upstreamKey != null) {
            headers.add("Authorization: Bearer " + upstreamKey);
        }
        return headers;
    }

    @Override
    Secrets secrets() {
        return super.secrets().and(Upstream.secrets(headers()));
    }

    @Override
    List<Worker> build() {
        secrets = secrets();
        upstream = upstream(headers(), options);
        return List.of(worker("openai", this::forward));
    }

    private Object forward(TaskWrapper task) throws IOException, InterruptedException, PermanentFailure {
        var endpoint = ENDPOINT.matcher(task.getTask().endpoint());
        if (!endpoint.matches()) {
            throw new PermanentFailure(
                    BAD_REQUEST,
                    "This worker does not serve the endpoint " + task.getTask().endpoint());
        }
        String body = body(task);
        try (Upstream.Answer answer = upstream.post(URI.create(base + endpoint.group(1)), body, task.getTask(), true)) {
            if (answer.status() == TOO_MANY) {
                Duration rest = answer.retryAfter().orElse(REST);
                task.markRetryLater(rest.compareTo(LONGEST_REST) > 0 ? LONGEST_REST : rest);
                return null;
            }
            if (answer.isPassing() || answer.status() == UNAUTHORIZED || answer.status() == FORBIDDEN) {
                throw new IOException("The upstream answered " + answer.inShort(secrets));
            }
            if (answer.isStream()) {
                return stream(task, answer);
            }
            return HttpCommand.json(answer.status(), answer.text());
        }
    }

    /** The data with the model that is wanted, and streamed only if somebody waits for the pieces. Else to the letter. */
    private String body(TaskWrapper task) throws PermanentFailure {
        String data = task.getPayload();
        if (data == null) {
            throw new PermanentFailure(BAD_REQUEST, "The task has no data");
        }
        try {
            JsonNode tree = Trees.JSON.readTree(data);
            boolean streams = tree.path("stream").asBoolean();
            boolean wanted = task.isStreaming();
            if (!tree.isObject() || model == null && streams == wanted) {
                return data;
            }
            ObjectNode changed = (ObjectNode) tree;
            if (model != null) {
                changed.put("model", model);
            }
            if (streams != wanted) {
                changed.put("stream", wanted);
                if (!wanted) {
                    changed.remove("stream_options");
                }
            }
            return Trees.JSON.writeValueAsString(changed);
        } catch (IOException broken) {
            throw new PermanentFailure(BAD_REQUEST, "The data is no JSON");
        }
    }

    /** Whether the server takes it as the id or the name of an event. */
    private static boolean carried(String text) {
        return text != null && text.length() <= LONGEST_NAME && text.chars().noneMatch(Character::isISOControl);
    }

    /** Once a piece is out, another attempt would begin the answer anew; so a broken stream ends with an error instead. */
    private static Object stream(TaskWrapper task, Upstream.Answer answer) throws IOException {
        int pieces = 0;
        try (ServerSentEvents events = new ServerSentEvents(answer.stream())) {
            for (ServerSentEvents.Event event = events.next(); event != null; event = events.next()) {
                if (task.isCancelled()) {
                    // an interrupt that came between two reads is seen by none of them
                    throw new InterruptedIOException("The task was cancelled");
                }
                task.emitProgress(
                        carried(event.id()) ? event.id() : Integer.toString(pieces),
                        carried(event.name()) ? event.name() : "message",
                        event.data());
                pieces++;
            }
        } catch (IOException | UncheckedIOException broken) {
            if (pieces == 0 || task.isCancelled()) {
                throw broken;
            }
            return Result.whole(Map.of(
                    "status_code",
                    BAD_GATEWAY,
                    "error",
                    Map.of(
                            "message",
                            broken instanceof HttpTimeoutException
                                    ? broken.getMessage() + " in the middle of its answer"
                                    : "The upstream ended in the middle of its answer")));
        }
        return Result.whole(Map.of("status_code", answer.status(), "stream", true));
    }
}
