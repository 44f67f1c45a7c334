package io.carillon.it.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.worker.Progress;
import io.carillon.worker.Task;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * A worker that serves a chat model as a model server would: it repeats what the user said, in two pieces when it shall
 * stream, and breaks when told {@code break}; and an embeddings model, which embeds everything in the same place.
 */
public final class ChatWorker implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HEAD = "\"id\":\"c-1\",\"created\":1,\"model\":\"m\"";

    private final HttpWorker worker;
    private volatile int failures;

    /** @param queues full names of the queues that it serves */
    public ChatWorker(Server server, String... queues) {
        this.worker = HttpWorker.on(server, this::answer, queues);
    }

    /** The next so many answers have status 503. */
    public void fail(int times) {
        failures = times;
    }

    private String answer(Task task) {
        if (failures > 0) {
            failures--;
            return "{\"status_code\":503,\"body\":{\"error\":{\"message\":\"warming up\",\"type\":\"server_error\","
                    + "\"param\":null,\"code\":null}}}";
        }
        if (task.endpoint().endsWith("/embeddings")) {
            return "{\"status_code\":200,\"body\":{\"object\":\"list\",\"model\":\"m\",\"data\":[{\"object\":"
                    + "\"embedding\",\"index\":0,\"embedding\":[0.5,-1.0]}],\"usage\":{\"prompt_tokens\":1,"
                    + "\"total_tokens\":1}}}";
        }
        JsonNode data = tree(task.data());
        String said = data.at("/messages/0/content").asText();
        return data.path("stream").asBoolean() ? stream(task, said) : whole(said);
    }

    private static String whole(String said) {
        return "{\"status_code\":200,\"body\":{" + HEAD + ",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,"
                + "\"finish_reason\":\"stop\",\"logprobs\":null,\"message\":{\"role\":\"assistant\",\"refusal\":null,"
                + "\"content\":\"" + said + "\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,"
                + "\"total_tokens\":2}}}";
    }

    private String stream(Task task, String said) {
        if (said.equals("break")) {
            worker.progress(task.id(), new Progress("0", "message", chunk("hel", null)));
            return "{\"status_code\":500,\"body\":{\"error\":{\"message\":\"it broke\",\"type\":\"server_error\"}}}";
        }
        worker.progress(task.id(), new Progress("0", "message", chunk(said.substring(0, 3), null)));
        worker.progress(task.id(), new Progress("1", "message", chunk(said.substring(3), "\"stop\"")));
        worker.progress(task.id(), new Progress("2", "message", "\"[DONE]\""));
        return "{\"status_code\":200,\"stream\":true}";
    }

    private static String chunk(String content, String finish) {
        return "{" + HEAD + ",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                + content + "\"},\"finish_reason\":" + finish + "}]}";
    }

    private static JsonNode tree(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        worker.close();
    }
}
