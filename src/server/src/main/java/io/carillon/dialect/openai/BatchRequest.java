package io.carillon.dialect.openai;

import io.carillon.batch.NewBatch;
import io.carillon.platform.http.JsonBody;
import io.carillon.platform.json.Json;
import io.carillon.platform.json.RawJson;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The body of a request for a batch. Contract: openai-batch 3.2. */
final class BatchRequest {
    /** As much as is kept and echoed; whether there is such a file, the batch says when it validates. */
    private static final int LONGEST_FILE = 512;

    private static final int MOST_KEYS = 16;
    private static final int LONGEST_KEY = 64;
    private static final int LONGEST_VALUE = 512;
    private static final long LEAST_LIFE = 3_600;
    private static final long MOST_LIFE = 2_592_000;

    private BatchRequest() {}

    /**
     * Reads a request.
     *
     * @param owner the public id of the caller's key
     * @param queue the queue that the header names, or null
     * @param webhook the address that the header names, or null
     * @param once the caller's key for the request, if there is one
     */
    static NewBatch of(
            JsonBody body, int depth, String owner, String queue, String webhook, Optional<NewBatch.Once> once) {
        BodyFields fields = BodyFields.of(body, depth);
        String inputFile = fields.text("input_file_id");
        String endpoint = fields.text("endpoint");
        String window = fields.text("completion_window");
        RawJson metadata = fields.object("metadata").map(BatchRequest::metadata).orElse(null);
        Optional<Duration> outputLife = fields.object("output_expires_after").map(BatchRequest::life);
        fields.end();
        int fileLength = inputFile.codePointCount(0, inputFile.length());
        if (fileLength > LONGEST_FILE) {
            throw Invalid.tooLong("input_file_id", LONGEST_FILE, fileLength);
        }
        Duration life = NewBatch.life(window)
                .orElseThrow(() -> Invalid.of(
                        "invalid_value",
                        "completion_window",
                        "Invalid value for 'completion_window': it is '24h', or a number and one of m, h and d, at most"
                                + " 30 days."));
        return new NewBatch(
                owner,
                inputFile,
                endpoint,
                window,
                life,
                metadata,
                outputLife,
                blank(queue) ? null : queue,
                blank(webhook) ? null : webhook,
                null,
                once);
    }

    private static boolean blank(String text) {
        return text == null || text.isBlank();
    }

    private static RawJson metadata(BodyFields fields) {
        List<String> names = fields.names();
        if (names.size() > MOST_KEYS) {
            throw Invalid.tooManyProperties("metadata", MOST_KEYS, names.size());
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        for (String name : names) {
            String path = "metadata." + name;
            int length = name.codePointCount(0, name.length());
            if (length > LONGEST_KEY) {
                throw Invalid.tooLong("metadata", LONGEST_KEY, length);
            }
            String value = fields.optionalText(name).orElseThrow(() -> Invalid.type(path, "a string", "null"));
            int valueLength = value.codePointCount(0, value.length());
            if (valueLength > LONGEST_VALUE) {
                throw Invalid.tooLong(path, LONGEST_VALUE, valueLength);
            }
            metadata.put(name, value);
        }
        return Json.raw(metadata);
    }

    private static Duration life(BodyFields fields) {
        String anchor = fields.text("anchor");
        if (!anchor.equals("created_at")) {
            throw Invalid.value("output_expires_after.anchor", anchor, "created_at");
        }
        return Duration.ofSeconds(fields.integer("seconds", LEAST_LIFE, MOST_LIFE));
    }
}
