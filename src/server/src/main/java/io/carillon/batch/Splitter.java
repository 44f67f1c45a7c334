package io.carillon.batch;

import io.carillon.file.FileId;
import io.carillon.file.Files;
import io.carillon.file.StoredFile;
import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.database.CommitUnknown;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import io.carillon.task.NewTask;
import io.carillon.task.ResponseMode;
import io.carillon.task.Specification;
import io.carillon.task.Tasks;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes tasks of the lines of a file that was validated. Each portion of tasks is committed together with how far the file
 * is split, so whoever goes on after a crash begins with the first line that is no task yet: none is put twice and none is
 * left out. Safe for many threads.
 */
class Splitter {
    private static final Logger LOG = LoggerFactory.getLogger(Splitter.class);

    /** Lines wait behind nobody who is waited for. */
    private static final Level LEVEL = new Level(1);

    private static final int PORTION = 500;
    private static final int PORTION_BYTES = 4 << 20;
    private static final int PORTIONS_A_TURN = 20;
    private static final long PATIENCE_SECONDS = 30;
    /** The batch expires first, and then its tasks are withdrawn. */
    private static final Duration LONGER = Duration.ofDays(1);

    private final Files files;
    private final Tasks tasks;
    private final Clock clock;
    private final Validator.Limits limits;

    Splitter(Files files, Tasks tasks, Clock clock, Validator.Limits limits) {
        this.files = files;
        this.tasks = tasks;
        this.clock = clock;
        this.limits = limits;
    }

    /**
     * Goes on splitting for a while.
     *
     * @return of how many lines there are tasks now; empty when the bytes of the file are lost
     * @throws Hold.Lost when somebody else has the batch, or it goes another way
     */
    OptionalInt split(Batch batch, Queue queue) throws IOException {
        InputStream bytes;
        try {
            bytes = files.open(input(files, batch), batch.splitOffset());
        } catch (Refused refused) {
            if (refused.reason() != Reason.UNKNOWN) {
                throw refused;
            }
            return OptionalInt.empty();
        }
        try (LineReader lines = new LineReader(bytes, batch.splitOffset(), limits.lineBytes())) {
            int done = batch.splitLines();
            CompletionStage<Void> adding = CompletableFuture.completedStage(null);
            try {
                for (int turn = 0; turn < PORTIONS_A_TURN && done < batch.total(); turn++) {
                    List<NewTask> portion = portion(lines, batch, queue, done);
                    // Redis gets a portion while the next one is read and committed.
                    CompletionStage<Void> before = adding;
                    adding = put(batch, portion, before, done, lines.offset());
                    Stages.await(before, PATIENCE_SECONDS);
                    done += portion.size();
                }
                return OptionalInt.of(done);
            } finally {
                settle(batch, adding);
            }
        }
    }

    /** Whoever has the batch next may cancel it, and what is cancelled must not come into Redis afterwards. */
    private static void settle(Batch batch, CompletionStage<Void> adding) {
        try {
            Stages.await(adding, PATIENCE_SECONDS);
        } catch (Refused late) {
            LOG.warn("Lines of batch {} are on disk but not in Redis yet: {}", batch.id(), late.getMessage());
        }
    }

    static StoredFile input(Files files, Batch batch) {
        return files.held(new FileId(batch.inputFile()), batch.holder())
                .orElseThrow(() -> new IllegalStateException("The input file of " + batch.id() + " is gone"));
    }

    private List<NewTask> portion(LineReader lines, Batch batch, Queue queue, int done) throws IOException {
        Duration life = Duration.between(clock.instant(), batch.expires()).plus(LONGER);
        List<NewTask> portion = new ArrayList<>(PORTION);
        int bytes = 0;
        while (portion.size() < PORTION && bytes < PORTION_BYTES && done + portion.size() < batch.total()) {
            if (!lines.next()) {
                throw new IllegalStateException("The input file of " + batch.id() + " has fewer lines than it had");
            }
            if (lines.isBlank()) {
                continue;
            }
            RequestLine line = RequestLine.of(lines.bytes(), limits.depth());
            Specification specification = new Specification(
                    queue.name().text(),
                    batch.endpoint(),
                    batch.owner(),
                    null,
                    batch.id().text(),
                    batch.id().text(),
                    line.customId().text(),
                    batch.id().text(),
                    done + portion.size() + 1);
            portion.add(
                    new NewTask(tasks.newId(queue, LEVEL, ResponseMode.BATCH), specification, line.body(), life, null));
            bytes += line.body().bytes().length;
        }
        return portion;
    }

    private CompletionStage<Void> put(
            Batch batch, List<NewTask> portion, CompletionStage<Void> after, int done, long offset) {
        Optional<CompletionStage<Void>> put;
        try {
            put = tasks.putTogether(
                    portion,
                    after,
                    connection -> BatchTable.advance(connection, batch, done, done + portion.size(), offset));
        } catch (CommitUnknown unknown) {
            // Whoever comes next reads in the row how far it is.
            put = Optional.empty();
        }
        return put.orElseThrow(() -> new Hold.Lost(batch));
    }
}
