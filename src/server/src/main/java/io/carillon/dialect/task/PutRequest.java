package io.carillon.dialect.task;

import io.carillon.dialect.admin.BackoffRequest;
import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.platform.json.RawJson;
import io.carillon.queue.Backoff;
import io.carillon.queue.Level;
import io.carillon.queue.QueueName;
import io.carillon.task.Due;
import io.carillon.task.ResponseMode;
import io.carillon.task.Retries;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Puts a task.
 *
 * @param endpoint at most 64 characters; may be blank, as Bella-Queue's may
 * @param queue empty when the task is to be routed by its {@link #model()}
 * @param level always online when a caller waits for the answer
 * @param data the user's JSON object
 * @param callbackUrl at most 2,048 characters, otherwise unchecked
 * @param timeout how long the task may live; empty when none was given, or none above zero
 * @param traceId at most 128 characters; see {@link #batchId()}
 * @param due when it may be taken; at once when a caller waits for the answer
 * @param retries what it says about its attempts
 * @param group at most 128 characters, none of them a control character, and no white space around it
 */
public record PutRequest(
        String endpoint,
        Optional<QueueName> queue,
        Level level,
        RawJson data,
        ResponseMode responseMode,
        Optional<String> callbackUrl,
        Optional<Duration> timeout,
        Optional<String> traceId,
        Due due,
        Retries retries,
        Optional<String> group) {
    private static final int MOST_ENDPOINT = 64;
    private static final int MOST_URL = 2048;
    private static final int MOST_TRACE_ID = 128;
    private static final int MOST_GROUP = 128;
    private static final Pattern BATCH_ID = Pattern.compile("BATCH[ -~]{0,59}");
    private static final int MOST_ATTEMPTS = 1_000_000;
    private static final int YEAR_SECONDS = 366 * 24 * 3600;

    /**
     * Reads and checks the body of a request.
     *
     * @param depth how deep {@code data} may be nested
     * @throws Refused {@link Reason#INVALID}
     */
    public static PutRequest of(byte[] body, int depth) {
        return read(EnvelopeReader.over(body, depth));
    }

    /**
     * Reads an array of puts, each of which may be refused alone.
     *
     * @param most how many there may be
     * @throws Refused ({@link Reason#INVALID}) when the whole is no JSON array, or has more
     */
    static List<Outcome<PutRequest>> each(byte[] body, int depth, int most) {
        return EnvelopeReader.overEach(body, depth, most, PutRequest::read);
    }

    private static PutRequest read(EnvelopeReader fields) {
        Draft draft = new Draft();
        while (fields.next()) {
            draft.accept(fields);
        }
        return draft.checked();
    }

    /** The text of {@code data.model}, by which a task without a queue is routed; empty when blank or no text. */
    public Optional<String> model() {
        return data.field("model").flatMap(RawJson::string).filter(model -> !model.isBlank());
    }

    /** The trace id when it is a batch's: it begins with {@code BATCH}, in at most 64 printable ASCII characters. */
    Optional<String> batchId() {
        return traceId.filter(id -> BATCH_ID.matcher(id).matches());
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
        private Long delay;
        private Instant runAt;
        private Integer maxAttempts;
        private Backoff backoff;
        private Integer attemptTimeout;
        private String group;

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
                case "delay_ms" -> delay = fields.number(0, YEAR_SECONDS * 1000L);
                case "run_at" -> runAt = Texts.instant("run_at", fields.text()).orElse(null);
                case "max_attempts" -> maxAttempts = fields.integer(-1, MOST_ATTEMPTS);
                case "backoff" -> backoff = backoff(fields.object());
                case "attempt_timeout" -> attemptTimeout = fields.integer(1, YEAR_SECONDS);
                case "group" -> group = fields.text();
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
            if (maxAttempts != null && maxAttempts == 0) {
                throw new Refused(Reason.INVALID, "max_attempts is at least 1, or -1 without limit", "max_attempts");
            }
            return new PutRequest(
                    endpoint,
                    name,
                    level == null || mode.hasWaitingCaller() ? Level.ONLINE : new Level(level),
                    data,
                    mode,
                    Texts.optional("callback_url", callbackUrl, MOST_URL),
                    Optional.ofNullable(timeout).filter(seconds -> seconds > 0).map(Duration::ofSeconds),
                    Texts.optional("trace_id", traceId, MOST_TRACE_ID),
                    due(mode),
                    new Retries(
                            maxAttempts, backoff, attemptTimeout == null ? null : Duration.ofSeconds(attemptTimeout)),
                    group());
        }

        private Due due(ResponseMode mode) {
            if (delay != null && runAt != null) {
                throw new Refused(Reason.INVALID, "A task has delay_ms or run_at, not both", "run_at");
            }
            boolean delayed = delay != null && delay > 0;
            if (mode.hasWaitingCaller() && (delayed || runAt != null)) {
                throw new Refused(
                        Reason.INVALID,
                        "A task whose caller waits for the answer cannot be put off",
                        delayed ? "delay_ms" : "run_at");
            }
            if (runAt != null) {
                return Due.at(runAt);
            }
            return delayed ? Due.after(Duration.ofMillis(delay)) : Due.AT_ONCE;
        }

        /** What is not said is as queues have it, but the longest rest is never shorter than the first. */
        private static Backoff backoff(EnvelopeReader fields) {
            if (fields == null) {
                return null;
            }
            try {
                BackoffRequest wish = BackoffRequest.of(fields);
                Backoff usual = Backoff.USUAL;
                Duration delay = wish.delay() == null ? usual.delay() : wish.delay();
                Duration max = usual.max().compareTo(delay) < 0 ? delay : usual.max();
                return wish.apply(new Backoff(usual.type(), delay, max, usual.jitter()));
            } catch (Refused inner) {
                String field = inner.parameter().map(name -> "backoff." + name).orElse("backoff");
                throw new Refused(inner.reason(), "In backoff: " + inner.getMessage(), field);
            }
        }

        /** It becomes part of keys in Redis, and MariaDB takes no notice of blanks at the end of a text. */
        private Optional<String> group() {
            Optional<String> checked = Texts.optional("group", group, MOST_GROUP);
            if (checked.filter(name -> isBlank(name.codePointAt(0)) || isBlank(name.codePointBefore(name.length())))
                    .isPresent()) {
                throw new Refused(Reason.INVALID, "group may not begin or end with white space", "group");
            }
            return checked;
        }

        private static boolean isBlank(int character) {
            return Character.isWhitespace(character) || Character.isSpaceChar(character);
        }
    }
}
