package io.carillon.dialect.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.EnvelopeReader;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Replays or discards many dead letters: those that are named, or those that match.
 *
 * @param ids task ids, at most 1,000; null when there is a filter
 * @param filter null when there are ids
 * @param limit how many at most with a filter
 */
record DeadLettersRequest(List<String> ids, Matching filter, int limit) {
    private static final int MOST = 1000;
    private static final int USUAL = 500;
    private static final int MOST_TEXT = 1000;

    /** Which; see {@link DeadLettersResource#list}. */
    record Matching(
            Optional<String> queue,
            Optional<String> owner,
            Optional<Instant> from,
            Optional<Instant> to,
            Optional<String> text) {
        static Matching of(String queue, String owner, String from, String to, String text) {
            return new Matching(
                    Texts.optional("queue", queue, MOST_TEXT),
                    Texts.ascii("owner", owner, MOST_TEXT),
                    Texts.instant("from", from),
                    Texts.instant("to", to),
                    Texts.optional("text", text, MOST_TEXT));
        }

        private static Matching read(EnvelopeReader fields) {
            String queue = null;
            String owner = null;
            String from = null;
            String to = null;
            String text = null;
            while (fields.next()) {
                switch (fields.name()) {
                    case "queue" -> queue = fields.text();
                    case "owner" -> owner = fields.text();
                    case "from" -> from = fields.text();
                    case "to" -> to = fields.text();
                    case "text" -> text = fields.text();
                    // A condition that is not understood must not mean more tasks than were meant.
                    default ->
                        throw new Refused(Reason.INVALID, "A filter has queue, owner, from, to and text", "filter");
                }
            }
            return of(queue, owner, from, to, text);
        }
    }

    /**
     * Reads and checks the body of a request.
     *
     * @param depth how deep JSON may be nested in it
     * @throws Refused {@link Reason#INVALID}, naming the culprit
     */
    static DeadLettersRequest of(byte[] body, int depth) {
        List<String> ids = null;
        Matching filter = null;
        Integer limit = null;
        EnvelopeReader fields = EnvelopeReader.over(body, depth);
        while (fields.next()) {
            switch (fields.name()) {
                case "ids" -> ids = fields.texts(MOST);
                case "filter" -> {
                    EnvelopeReader inner = fields.object();
                    filter = inner == null ? null : Matching.read(inner);
                }
                case "limit" -> limit = fields.integer(1, MOST);
                default -> {}
            }
        }
        if ((ids == null) == (filter == null)) {
            throw new Refused(Reason.INVALID, "Say which by ids or by filter, one of them; {} matches all", "ids");
        }
        return new DeadLettersRequest(ids, filter, limit == null ? USUAL : limit);
    }
}
