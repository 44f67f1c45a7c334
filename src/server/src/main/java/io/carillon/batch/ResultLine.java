package io.carillon.batch;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.platform.json.Json;
import io.carillon.platform.json.RawJson;
import io.carillon.task.Lines;
import io.carillon.task.ResultFields;
import io.carillon.task.Tally;
import io.carillon.task.TaskState;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A line of an output or error file. Contract: openai-batch 6.
 *
 * @param isOutput whether it belongs into the output file
 * @param withdrawn whether its request is neither completed nor failed
 * @param body of a 2xx result, or null
 * @param json with the end of the line
 */
record ResultLine(boolean isOutput, boolean withdrawn, RawJson body, byte[] json) {
    private static final int SERVER_ERROR = 500;
    private static final RawJson NOTHING = RawJson.of("null");

    /** What a request was withdrawn with that is no task, or whose task was taken back. */
    enum Withdrawal {
        EXPIRED(Tally.BATCH_EXPIRED, "This request could not be executed before the completion window expired."),
        CANCELLED(Tally.BATCH_CANCELLED, "This batch was cancelled before this request was executed.");

        private final String code;
        private final String message;

        Withdrawal(String code, String message) {
            this.code = code;
            this.message = message;
        }

        String code() {
            return code;
        }

        static Withdrawal of(BatchState end) {
            return end == BatchState.EXPIRED ? EXPIRED : CANCELLED;
        }
    }

    /** What a line's task came to. */
    static ResultLine of(BatchId batch, Lines.Line line) {
        if (line.state() == TaskState.CANCELLED) {
            boolean expired = Tally.BATCH_EXPIRED.equals(line.error());
            boolean withBatch = expired || Tally.BATCH_CANCELLED.equals(line.error());
            return withBatch
                    ? withdrawn(
                            batch, line.number(), line.customId(), expired ? Withdrawal.EXPIRED : Withdrawal.CANCELLED)
                    : error(
                            batch,
                            line.number(),
                            line.customId(),
                            Withdrawal.CANCELLED.code,
                            "This request was cancelled.",
                            false);
        }
        if (line.result() == null) {
            return error(
                    batch,
                    line.number(),
                    line.customId(),
                    "request_timeout",
                    line.error() == null ? "This request was given up." : line.error(),
                    false);
        }
        return answered(batch, line);
    }

    static ResultLine withdrawn(BatchId batch, int number, String customId, Withdrawal why) {
        return error(batch, number, customId, why.code, why.message, true);
    }

    private static ResultLine answered(BatchId batch, Lines.Line line) {
        ResultFields.Collector collector = new ResultFields.Collector();
        String requestId = null;
        EnvelopeReader reader = EnvelopeReader.overChecked(line.result());
        while (reader.next()) {
            if (!collector.accept(reader) && reader.name().equals("request_id")) {
                RawJson id = reader.raw();
                // a worker may send half a surrogate pair, which no UTF-8 has
                requestId = id == null ? null : id.string().orElseGet(id::text).replaceAll("\\p{Cs}", "\uFFFD");
            }
        }
        ResultFields fields = collector.anyFields();
        boolean good = fields.isAnswer();
        int status = good || !fields.isSuccess() ? fields.statusCode() : SERVER_ERROR;
        RawJson body = fields.body()
                .or(() -> fields.error().map(ResultLine::errorBody))
                .orElse(NOTHING);
        ByteArrayOutputStream out = begin(batch, line.number(), line.customId(), body.bytes().length);
        write(out, "{\"status_code\":" + status + ",\"request_id\":");
        quote(out, requestId == null || requestId.isBlank() ? line.task().text() : requestId);
        write(out, ",\"body\":");
        oneLine(out, body.bytes());
        write(out, "},\"error\":null}\n");
        return new ResultLine(good, false, good ? fields.body().orElse(null) : null, out.toByteArray());
    }

    /** A worker's bare error, in the shape that OpenAI's clients read. */
    private static RawJson errorBody(RawJson error) {
        if (error.isObject()) {
            return RawJson.of("{\"error\":" + error.text() + "}");
        }
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("message", error.string().orElseGet(error::text));
        content.put("type", "server_error");
        return Json.raw(Map.of("error", content));
    }

    private static ResultLine error(
            BatchId batch, int number, String customId, String code, String message, boolean withdrawn) {
        ByteArrayOutputStream out = begin(batch, number, customId, message.length() + 64);
        write(out, "null,\"error\":{\"code\":");
        quote(out, code);
        write(out, ",\"message\":");
        quote(out, message);
        write(out, "}}\n");
        return new ResultLine(false, withdrawn, null, out.toByteArray());
    }

    private static ByteArrayOutputStream begin(BatchId batch, int number, String customId, int more) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256 + customId.length() + more);
        write(out, "{\"id\":\"" + batch.request(number) + "\",\"custom_id\":");
        quote(out, customId);
        write(out, ",\"response\":");
        return out;
    }

    private static void write(ByteArrayOutputStream out, String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void quote(ByteArrayOutputStream out, String text) {
        out.write('"');
        out.writeBytes(JsonStringEncoder.getInstance().quoteAsUTF8(text));
        out.write('"');
    }

    /** Between its values JSON may have line ends, and within a string it has none: a space means the same. */
    private static void oneLine(ByteArrayOutputStream out, byte[] json) {
        int from = 0;
        for (int i = 0; i < json.length; i++) {
            if (json[i] == '\n' || json[i] == '\r') {
                out.write(json, from, i - from);
                out.write(' ');
                from = i + 1;
            }
        }
        out.write(json, from, json.length - from);
    }

    Optional<RawJson> answer() {
        return Optional.ofNullable(body);
    }
}
