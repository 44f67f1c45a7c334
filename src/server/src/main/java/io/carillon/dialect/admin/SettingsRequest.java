package io.carillon.dialect.admin;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.queue.OnDisconnect;
import io.carillon.queue.QueueSettings;
import io.carillon.queue.QueueSettings.Draft;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A change of a queue's settings (a JSON merge patch): what is absent stays, null goes back to what is usual, and the same
 * holds for the fields of {@code backoff} and of the rates. Other than elsewhere an unknown field is refused: a limit with
 * a typing error in its name would limit nothing.
 */
final class SettingsRequest implements UnaryOperator<QueueSettings> {
    private static final QueueSettings USUAL = QueueSettings.DEFAULT;
    private static final Map<String, OnDisconnect> ON_DISCONNECT =
            Map.of("cancel", OnDisconnect.CANCEL, "finish", OnDisconnect.FINISH);

    private final List<BiConsumer<QueueSettings, Draft>> parts = new ArrayList<>();

    private SettingsRequest() {}

    /**
     * Reads the body of a request.
     *
     * @param depth how deep JSON may be nested in it
     * @throws Refused {@link Reason#INVALID}, naming the field
     */
    static SettingsRequest of(byte[] body, int depth) {
        SettingsRequest request = new SettingsRequest();
        EnvelopeReader fields = EnvelopeReader.over(body, depth);
        while (fields.next()) {
            request.read(fields);
        }
        return request;
    }

    /**
     * Makes the new settings of the old ones.
     *
     * @throws Refused {@link Reason#INVALID}, naming the field that is out of range or does not go with another
     */
    @Override
    public QueueSettings apply(QueueSettings before) {
        Draft draft = before.but();
        parts.forEach(part -> part.accept(before, draft));
        return draft.settings();
    }

    private void read(EnvelopeReader fields) {
        switch (fields.name()) {
            case "paused" -> set(Draft::paused, Fields.flag(fields, USUAL.paused()));
            case "draining" -> set(Draft::draining, Fields.flag(fields, USUAL.draining()));
            case "sequential" -> set(Draft::sequential, Fields.flag(fields, USUAL.sequential()));
            case "lease_seconds" -> set(Draft::lease, Fields.seconds(fields, USUAL.lease()));
            case "max_lost_leases" -> set(Draft::maxLostLeases, Fields.count(fields, USUAL.maxLostLeases()));
            case "max_attempts" -> set(Draft::maxAttempts, Fields.count(fields, USUAL.maxAttempts()));
            case "backoff" ->
                change(fields, Draft::backoff, QueueSettings::backoff, USUAL.backoff(), BackoffRequest::of);
            case "concurrency" -> set(Draft::concurrency, Fields.count(fields, USUAL.concurrency()));
            case "rate_limit" -> change(fields, Draft::rate, QueueSettings::rate, USUAL.rate(), RateRequest::of);
            case "group_concurrency" -> set(Draft::groupConcurrency, Fields.count(fields, USUAL.groupConcurrency()));
            case "group_rate_limit" ->
                change(fields, Draft::groupRate, QueueSettings::groupRate, USUAL.groupRate(), RateRequest::of);
            case "retention_seconds" -> set(Draft::retention, Fields.seconds(fields, USUAL.retention()));
            case "on_disconnect" ->
                set(Draft::onDisconnect, Fields.word(fields, USUAL.onDisconnect(), ON_DISCONNECT, "cancel or finish"));
            default -> throw Fields.unknown(fields, "setting");
        }
    }

    private <T> void set(BiConsumer<Draft, T> setter, T value) {
        parts.add((before, draft) -> setter.accept(draft, value));
    }

    private <T> void change(
            EnvelopeReader fields,
            BiConsumer<Draft, T> setter,
            Function<QueueSettings, T> getter,
            T usual,
            Function<EnvelopeReader, UnaryOperator<T>> request) {
        String field = fields.name();
        EnvelopeReader inner = fields.object();
        if (inner == null) {
            set(setter, usual);
            return;
        }
        UnaryOperator<T> change = Fields.within(field, () -> request.apply(inner));
        parts.add((before, draft) ->
                setter.accept(draft, Fields.within(field, () -> change.apply(getter.apply(before)))));
    }
}
