package io.carillon.batch;

import io.carillon.platform.json.RawJson;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A batch that somebody wants, as the request says it and checked as far as that goes without a store.
 *
 * @param owner the public id of the caller's API key
 * @param window how long it may take, as the caller wrote it
 * @param life the same, from one minute to 30 days
 * @param metadata a JSON object, or null
 * @param outputLife how long its output files are kept; empty for ever
 * @param wantedQueue the queue that it shall go to; or null, then its model says
 * @param webhookUrl who is told that it has ended, or null
 * @param retryOf the batch whose failed lines it runs again, or null
 * @param once the caller's name for this request, so that it may be sent again
 */
public record NewBatch(
        String owner,
        String inputFile,
        String endpoint,
        String window,
        Duration life,
        RawJson metadata,
        Optional<Duration> outputLife,
        String wantedQueue,
        String webhookUrl,
        String retryOf,
        Optional<Once> once) {
    private static final Pattern WINDOW = Pattern.compile("([1-9][0-9]{0,8})([mhd])");
    private static final Duration LONGEST_WINDOW = Duration.ofDays(30);

    /**
     * @param key the caller's text
     * @param request SHA-256 of the request, 32 bytes
     */
    public record Once(String key, byte[] request) {}

    /** How long a window is, from one minute to 30 days; empty when it is none. Contract: openai-batch 3.2. */
    public static Optional<Duration> life(String window) {
        Matcher matcher = WINDOW.matcher(window);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        long amount = Long.parseLong(matcher.group(1));
        Duration life =
                switch (matcher.group(2)) {
                    case "m" -> Duration.ofMinutes(amount);
                    case "h" -> Duration.ofHours(amount);
                    default -> Duration.ofDays(amount);
                };
        return life.compareTo(LONGEST_WINDOW) > 0 ? Optional.empty() : Optional.of(life);
    }
}
