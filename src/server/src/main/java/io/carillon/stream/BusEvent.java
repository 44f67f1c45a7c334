package io.carillon.stream;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.platform.json.RawJson;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * An event on an instance's stream, as Bella's workers write it. Contract: bella-queue 14.2.
 *
 * <p>Reading is lenient, because workers are written by hand: camelCase or snake_case, the payload as text or as an object,
 * or the whole event as JSON in a single field.
 */
sealed interface BusEvent {
    String PROGRESS = "task-progress-event";
    String COMPLETION = "task-completion-event";

    /** The id of the task, as it was written: nobody has checked it. */
    String task();

    /** The attempt that the event is of, when the worker says it. */
    OptionalInt attempt();

    /** @param kept whether the engine knows of it already, because it came over HTTP; only an instance can say so */
    record Progressed(String task, OptionalInt attempt, Progress progress, boolean kept) implements BusEvent {}

    /** @param result the whole completion, an object */
    record Completed(String task, OptionalInt attempt, RawJson result) implements BusEvent {}

    /**
     * Reads an entry.
     *
     * @param ours whether an instance wrote it; only then what it says of itself counts
     * @return nothing when it is another kind of event
     * @throws Refused ({@link Reason#INVALID}) when it cannot be understood
     */
    static Optional<BusEvent> parse(Map<String, byte[]> entry, int depth, boolean ours) {
        String name = entry.containsKey("name") ? text(entry.get("name")) : null;
        byte[] payload = entry.get("payload");
        if (name == null && entry.size() == 1) {
            byte[] whole = entry.values().iterator().next();
            EnvelopeReader fields = EnvelopeReader.over(whole, depth + 2);
            while (fields.next()) {
                switch (fields.name()) {
                    case "name" -> name = fields.text();
                    case "payload" -> {
                        RawJson raw = fields.raw();
                        payload = raw == null ? null : raw.bytes();
                    }
                    default -> {}
                }
            }
        }
        if (!PROGRESS.equals(name) && !COMPLETION.equals(name)) {
            return Optional.empty();
        }
        if (payload == null) {
            throw new Refused(Reason.INVALID, "The event has no payload");
        }
        if (payload.length > 0 && payload[0] == '"') {
            payload = JsonText.of(new RawJson(payload)).getBytes(StandardCharsets.UTF_8);
        }
        return Optional.of(read(name, payload, depth, ours));
    }

    private static BusEvent read(String name, byte[] payload, int depth, boolean ours) {
        String task = null;
        String eventId = null;
        String eventName = null;
        RawJson eventData = null;
        RawJson result = null;
        Integer attempt = null;
        boolean kept = false;
        EnvelopeReader fields = EnvelopeReader.overStrict(payload, depth);
        while (fields.next()) {
            switch (fields.name()) {
                case "task_id" -> task = fields.text();
                case "event_id" -> eventId = fields.text();
                case "event_name" -> eventName = fields.text();
                case "event_data" -> eventData = fields.raw();
                case "result" -> result = fields.raw();
                case "attempt" -> attempt = fields.integer(0, Integer.MAX_VALUE);
                case "kept" -> kept = ours && "true".equals(fields.text());
                default -> {}
            }
        }
        if (task == null) {
            throw new Refused(Reason.INVALID, "The event has no taskId");
        }
        OptionalInt number = attempt == null ? OptionalInt.empty() : OptionalInt.of(attempt);
        return name.equals(PROGRESS)
                ? new Progressed(task, number, new Progress(eventId, eventName, eventData), kept)
                : new Completed(task, number, object(result));
    }

    private static RawJson object(RawJson result) {
        if (result == null) {
            return RawJson.of("{}");
        }
        return result.bytes()[0] == '{' ? result : Pieces.join("{\"body\":", result, "}");
    }

    /** The fields of the entry, as a Bella server writes them. */
    default Map<String, byte[]> entry() {
        RawJson payload;
        String name;
        if (this instanceof Progressed progressed) {
            name = PROGRESS;
            payload = progressed
                    .progress()
                    .json(
                            "eventId",
                            "eventName",
                            "eventData",
                            "taskId",
                            JsonText.quoted(task()),
                            "kept",
                            "" + progressed.kept());
        } else {
            name = COMPLETION;
            payload = Pieces.join(
                    "{\"taskId\":" + JsonText.quoted(task()) + ",\"result\":", ((Completed) this).result(), "}");
        }
        Map<String, byte[]> entry = new LinkedHashMap<>();
        entry.put("name", bytes(name));
        entry.put("from", bytes(""));
        entry.put("payload", payload.bytes());
        entry.put("context", bytes(""));
        return entry;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
