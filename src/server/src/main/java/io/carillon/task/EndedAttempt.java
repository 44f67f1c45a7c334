package io.carillon.task;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * An attempt that ended without ending its task.
 *
 * @param worker who had it, or an empty text
 * @param started when it began, in ms; 0 when unknown; for {@code replayed}, when the task had ended
 * @param ended when it ended, in ms
 * @param outcome {@code lost} (its lease ran out), {@code failed}, {@code overdue} (it took longer than it may),
 *     {@code released}, or {@code replayed} (the task had ended, and somebody began it anew)
 * @param error why, in words, or an empty text
 */
public record EndedAttempt(
        TaskId id, int attempt, String worker, long started, long ended, String outcome, String error) {
    static final String REPLAYED = "replayed";
    private static final ObjectReader READER = new ObjectMapper().readerFor(Entry.class);
    private static final ObjectWriter WRITER = new ObjectMapper().writerFor(Entry.class);

    @JsonIgnoreProperties(ignoreUnknown = true)
    private record Entry(int attempt, String worker, long started, long ended, String outcome, String error) {}

    /** As {@code shared/running.lua} writes it, one line. */
    byte[] json() {
        try {
            return WRITER.writeValueAsBytes(new Entry(attempt, worker, started, ended, outcome, error));
        } catch (JsonProcessingException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    boolean isReplay() {
        return outcome.equals(REPLAYED);
    }

    /** As {@code shared/running.lua} writes it. */
    static EndedAttempt parse(TaskId id, byte[] json) {
        try {
            Entry entry = READER.readValue(json);
            return new EndedAttempt(
                    id, entry.attempt, entry.worker, entry.started, entry.ended, entry.outcome, entry.error);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
