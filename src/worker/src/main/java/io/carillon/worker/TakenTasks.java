package io.carillon.worker;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Reads the answer to a take, and cuts each task's data out of it as it came: parsed and written again it could differ. */
final class TakenTasks {
    private static final JsonFactory JSON = Json.forTokens();

    private final byte[] answer;
    private final JsonParser parser;

    private TakenTasks(byte[] answer, JsonParser parser) {
        this.answer = answer;
        this.parser = parser;
    }

    /**
     * What became of results, and the tasks that came with the answer.
     *
     * @param verdicts in the order of the results
     */
    record Completed(List<Verdict> verdicts, List<Task> tasks) {}

    /**
     * What became of one result.
     *
     * @param code the HTTP status of the error; 0 when there is none
     * @param message of the error, or null
     */
    record Verdict(boolean accepted, int code, String message) {}

    /** @throws IOException when it is not the answer to results */
    static Completed readCompleted(byte[] answer) throws IOException {
        try (JsonParser parser = JSON.createParser(answer)) {
            return new TakenTasks(answer, parser).completed();
        }
    }

    /** @throws IOException when it is not an object of arrays of tasks */
    static List<Task> read(byte[] answer) throws IOException {
        try (JsonParser parser = JSON.createParser(answer)) {
            return new TakenTasks(answer, parser).queues();
        }
    }

    private Completed completed() throws IOException {
        List<Verdict> verdicts = new ArrayList<>();
        List<Task> tasks = List.of();
        expect(parser.nextToken(), JsonToken.START_OBJECT);
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            if (field.equals("tasks")) {
                tasks = queues();
                continue;
            }
            parser.nextToken();
            if (!field.equals("results")) {
                parser.skipChildren();
                continue;
            }
            expect(parser.currentToken(), JsonToken.START_ARRAY);
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                expect(parser.currentToken(), JsonToken.START_OBJECT);
                verdicts.add(verdict());
            }
        }
        return new Completed(verdicts, tasks);
    }

    private Verdict verdict() throws IOException {
        boolean accepted = false;
        int code = 0;
        String message = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            parser.nextToken();
            switch (field) {
                case "accepted" -> accepted = parser.getBooleanValue();
                case "code" -> code = parser.getIntValue();
                case "message" -> message = parser.getText();
                default -> parser.skipChildren();
            }
        }
        return new Verdict(accepted, code, message);
    }

    private List<Task> queues() throws IOException {
        List<Task> tasks = new ArrayList<>();
        expect(parser.nextToken(), JsonToken.START_OBJECT);
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String queue = parser.currentName();
            expect(parser.nextToken(), JsonToken.START_ARRAY);
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                expect(parser.currentToken(), JsonToken.START_OBJECT);
                tasks.add(task(queue));
            }
        }
        return tasks;
    }

    private Task task(String queue) throws IOException {
        String id = null;
        String endpoint = null;
        String data = null;
        String mode = null;
        String instance = null;
        int attempt = 0;
        long expires = 0;
        long lease = 0;
        String trace = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            parser.nextToken();
            switch (field) {
                case "task_id" -> id = parser.getText();
                case "endpoint" -> endpoint = parser.getText();
                case "data" -> data = verbatim();
                case "response_mode" -> mode = parser.getText();
                case "instance_id" -> instance = parser.getText();
                case "attempt" -> attempt = parser.getIntValue();
                case "expire_time" -> expires = parser.getLongValue();
                case "lease_expires_at" -> lease = parser.getLongValue();
                case "trace_id" -> trace = parser.getText();
                default -> parser.skipChildren();
            }
        }
        return new Task(
                id,
                queue,
                endpoint,
                data,
                mode,
                attempt,
                instance,
                Instant.ofEpochMilli(expires),
                lease == 0 ? null : Instant.ofEpochMilli(lease),
                trace);
    }

    private String verbatim() throws IOException {
        int from = (int) parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        parser.finishToken();
        int to = (int) parser.currentLocation().getByteOffset();
        return new String(answer, from, to - from, StandardCharsets.UTF_8);
    }

    private void expect(JsonToken found, JsonToken wanted) throws IOException {
        if (found != wanted) {
            throw new IOException("The answer to a take is an object of arrays of tasks; found " + found);
        }
    }
}
