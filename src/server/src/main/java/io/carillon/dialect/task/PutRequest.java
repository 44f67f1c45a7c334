package io.carillon.dialect.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.platform.json.RawJson;
import io.carillon.queue.Level;
import io.carillon.queue.QueueName;
import io.carillon.task.ResponseMode;
import java.time.Duration;
import java.util.Optional;

/**
 * Puts a task.
 *
 * @param endpoint at most 64 characters; may be blank, as Bella-Queue's may
 * @param queue empty when the task is to be routed by its {@link #model()}
 * @param level always online when a caller waits for the answer
 * @param data the user's JSON object
 * @param callbackUrl at most 2,048 characters, otherwise unchecked
 * @param timeout how long the task may live; empty when none was given, or none above zero
 * @param traceId at most 128 characters; one that begins with {@code BATCH} is a batch id
 */
public record PutRequest(
        String endpoint,
        Optional<QueueName> queue,
        Level level,
        RawJson data,
        ResponseMode responseMode,
        Optional<String> callbackUrl,
        Optional<Duration> timeout,
        Optional<String> traceId) {
    private static final int MOST_ENDPOINT = 64;
    private static final int MOST_URL = 2048;
    private static final int MOST_TRACE_ID = 128;

    /**
     * Reads and checks the body of a request.
     *
     * @param depth how deep {@code data} may be nested
     * @throws Refused {@link Reason#INVALID}
     */
    public static PutRequest of(byte[] body, int depth) {
        Draft draft = new Draft();
        EnvelopeReader fields = EnvelopeReader.over(body, depth);
        while (fields.next()) {
            draft.accept(fields);
        }
        return draft.checked();
    }

    /** The text of {@code data.model}, by which a task without a queue is routed; empty when blank or no text. */
    public Optional<String> model() {
        return data.field("model").flatMap(RawJson::string).filter(model -> !model.isBlank());
    }

    private static final class Draft {
        private String endpoint;
        private String queue;
        private Integer level;
        private RawJson data;
        private String responseMode;
        private String callbackUrl;
        private Integer timeout;
        private String traceId;

        void accept(EnvelopeReader fields) {
            switch (fields.name()) {
                case "endpoint" -> endpoint = fields.text();
                case "queue" -> queue = fields.text();
                case "level" -> level = fields.integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
                case "data" -> data = fields.rawObject();
                case "response_mode" -> responseMode = fields.text();
                case "callback_url" -> callbackUrl = fields.text();
                case "timeout" -> timeout = fields.integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
                case "trace_id" -> traceId = fields.text();
                default -> {}
            }
        }

        PutRequest checked() {
            Texts.required("endpoint", endpoint, MOST_ENDPOINT);
            if (data == null) {
                throw new Refused(Reason.INVALID, "data cannot be null", "data");
            }
            Optional<QueueName> name =
                    Optional.ofNullable(queue).filter(text -> !text.isBlank()).map(QueueName::new);
            ResponseMode mode = responseMode == null ? ResponseMode.CALLBACK : ResponseMode.of(responseMode);
            return new PutRequest(
                    endpoint,
                    name,
                    level == null || mode.hasWaitingCaller() ? Level.ONLINE : new Level(level),
                    data,
                    mode,
                    Texts.optional("callback_url", callbackUrl, MOST_URL),
                    Optional.ofNullable(timeout).filter(seconds -> seconds > 0).map(Duration::ofSeconds),
                    Texts.optional("trace_id", traceId, MOST_TRACE_ID));
        }
    }
}
