package io.carillon.worker;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Reads the answer to a take, and cuts each task's data out of it as it came: parsed and written again it could differ. */
final class TakenTasks {
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private final byte[] answer;
    private final JsonParser parser;

    private TakenTasks(byte[] answer, JsonParser parser) {
        this.answer = answer;
        this.parser = parser;
    }

    /** @throws IOException when it is not an object of arrays of tasks */
    static List<Task> read(byte[] answer) throws IOException {
        try (JsonParser parser = JSON.createParser(answer)) {
            return new TakenTasks(answer, parser).queues();
        }
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
                default -> parser.skipChildren();
            }
        }
        return new Task(id, queue, endpoint, data, mode, attempt, instance, Instant.ofEpochMilli(expires));
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
