package io.carillon.batch;

import io.carillon.file.FileId;
import io.carillon.platform.json.RawJson;
import io.carillon.task.Tally;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A file of requests that is worked off.
 *
 * @param seq its place among all batches, in the order of creation
 * @param owner the public id of the API key that created it
 * @param endsAs what it will be once its files are written; empty as long as that is open
 * @param inputFile as the request named it; there may be no such file
 * @param window how long it may take, as the request said it, such as {@code 24h}
 * @param metadata a JSON object, or null
 * @param outputLife how long its output files are kept; empty for ever
 * @param webhookUrl who is told that it has ended, or null
 * @param wantedQueue the queue that the request named, or null
 * @param queue the number of its queue, once it was validated
 * @param model the model of its requests, or null
 * @param errors why it was refused: a JSON list, or null
 * @param total how many lines it has, once it was validated
 * @param splitLines of how many of them there are tasks
 * @param splitOffset the byte of the input file after the last of those
 * @param paused whether no worker gets a line of it for now
 * @param ended how its lines have ended so far
 * @param usage the tokens of its results, a JSON object, once it has ended; or null
 * @param retryOf the batch whose failed lines it runs again, or null
 * @param claim the fence of whoever works on it
 */
public record Batch(
        long seq,
        BatchId id,
        String owner,
        BatchState state,
        Optional<BatchState> endsAs,
        String endpoint,
        String inputFile,
        String window,
        RawJson metadata,
        Optional<Duration> outputLife,
        String webhookUrl,
        String wantedQueue,
        OptionalInt queue,
        String model,
        RawJson errors,
        int total,
        int splitLines,
        long splitOffset,
        boolean paused,
        Tally.Counts ended,
        RawJson usage,
        Optional<FileId> outputFile,
        Optional<FileId> errorFile,
        Instant created,
        Instant expires,
        Optional<Instant> inProgress,
        Optional<Instant> finalizing,
        Optional<Instant> cancelling,
        Optional<Instant> over,
        String retryOf,
        long claim) {

    boolean isSplit() {
        return splitLines == total;
    }

    /** Who holds the input file, so that it stays as long as it is needed. */
    String holder() {
        return id.text();
    }

    Batch with(Tally.Counts counts) {
        return new Batch(
                seq,
                id,
                owner,
                state,
                endsAs,
                endpoint,
                inputFile,
                window,
                metadata,
                outputLife,
                webhookUrl,
                wantedQueue,
                queue,
                model,
                errors,
                total,
                splitLines,
                splitOffset,
                paused,
                counts,
                usage,
                outputFile,
                errorFile,
                created,
                expires,
                inProgress,
                finalizing,
                cancelling,
                over,
                retryOf,
                claim);
    }
}
