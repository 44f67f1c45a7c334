package io.carillon.batch;

import io.carillon.file.FileId;
import io.carillon.file.Files;
import io.carillon.file.StoredFile;
import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.database.Database;
import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import io.carillon.quota.QuotaReached;
import io.carillon.task.Completion;
import io.carillon.task.Groups;
import io.carillon.task.Lines;
import io.carillon.task.Tally;
import io.carillon.task.TaskId;
import io.carillon.task.Tasks;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is to be done next about a batch. Each step reads how far the batch is, does some work and writes how far it is then,
 * in one transaction with what must not be done twice; so a step that a crash ended is simply done again, by any instance.
 * Safe for many threads.
 */
class Steps {
    private static final Logger LOG = LoggerFactory.getLogger(Steps.class);

    /** There is more to do at once. */
    static final Duration AT_ONCE = Duration.ZERO;

    private static final Duration LOOK = Duration.ofSeconds(2);
    private static final Duration RARE_LOOK = Duration.ofSeconds(20);
    private static final Duration SHORT_LOOK = Duration.ofSeconds(1);
    private static final int WITHDRAWN_AT_ONCE = 500;
    private static final long PATIENCE_SECONDS = 30;

    private final Database database;
    private final BatchTable table;
    private final Files files;
    private final Queues queues;
    private final Routes routes;
    private final Validator validator;
    private final Splitter splitter;
    private final Finalizer finalizer;
    private final Lines lines;
    private final Groups groups;
    private final Gate gate;
    private final Tasks tasks;
    private final Tally tally;
    private final Webhook webhook;
    private final BatchCounts counts;
    private final ScheduledExecutorService scheduler;
    private final Clock clock;
    private final Duration grace;

    /** @param grace how long a cancelled batch waits for what workers have begun */
    Steps(
            Database database,
            BatchTable table,
            Files files,
            Queues queues,
            Routes routes,
            Validator validator,
            Splitter splitter,
            Finalizer finalizer,
            Lines lines,
            Groups groups,
            Tasks tasks,
            Tally tally,
            Webhook webhook,
            BatchCounts counts,
            ScheduledExecutorService scheduler,
            Clock clock,
            Duration grace) {
        this.database = database;
        this.table = table;
        this.files = files;
        this.queues = queues;
        this.routes = routes;
        this.validator = validator;
        this.splitter = splitter;
        this.finalizer = finalizer;
        this.lines = lines;
        this.groups = groups;
        this.gate = new Gate(table, groups);
        this.tasks = tasks;
        this.tally = tally;
        this.webhook = webhook;
        this.counts = counts;
        this.scheduler = scheduler;
        this.clock = clock;
        this.grace = grace;
    }

    /**
     * Does the next step.
     *
     * @param batch as it is now, claimed
     * @return after which pause there is something to do again; empty when the batch has ended
     * @throws Hold.Lost when somebody else has the batch by now
     */
    Optional<Duration> next(Batch batch) throws IOException {
        return switch (batch.state()) {
            case VALIDATING -> validate(batch);
            case IN_PROGRESS -> goOn(batch);
            case FINALIZING -> finish(batch, batch.endsAs().orElse(BatchState.COMPLETED));
            case CANCELLING -> cancel(batch);
            case FAILED, COMPLETED, EXPIRED, CANCELLED -> Optional.empty();
        };
    }

    private boolean isExpired(Batch batch) {
        return !clock.instant().isBefore(batch.expires());
    }

    // --- validating
    // -----------------------------------------------------------------------------------------------------

    private Optional<Duration> validate(Batch batch) throws IOException {
        if (isExpired(batch)) {
            return end(batch, BatchState.EXPIRED, Finalizer.Written.NOTHING);
        }
        Optional<FileId> id = FileId.parse(batch.inputFile());
        Optional<StoredFile> file = id.flatMap(of -> files.find(of, batch.owner()));
        if (file.isEmpty()) {
            return fail(batch, List.of(noFile(batch)));
        }
        Validator.Verdict verdict;
        try (Hold hold = hold(batch)) {
            verdict = validator.validate(files.open(file.get(), 0), Endpoint.of(batch.endpoint()), hold::check);
        } catch (Refused refused) {
            if (refused.reason() != Reason.UNKNOWN) {
                throw refused;
            }
            return fail(batch, List.of(noFile(batch)));
        }
        if (!verdict.errors().isEmpty()) {
            return fail(batch, verdict.errors());
        }
        Optional<Queue> queue = routes.queue(batch, verdict.model());
        if (queue.isEmpty()) {
            return fail(batch, List.of(noQueue(verdict)));
        }
        try {
            boolean accepted = database.transaction(connection -> {
                if (files.hold(connection, id.get(), batch.owner(), batch.holder())
                        .isEmpty()) {
                    return false;
                }
                if (!table.validated(connection, batch, queue.get().number(), verdict)) {
                    throw new Hold.Lost(batch);
                }
                return true;
            });
            if (!accepted) {
                return fail(batch, queue, List.of(noFile(batch)));
            }
            counts.created(queue.get().number());
            return Optional.of(AT_ONCE);
        } catch (QuotaReached reached) {
            return fail(batch, queue, List.of(tooMuch(verdict, reached)));
        }
    }

    private static LineError tooMuch(Validator.Verdict verdict, QuotaReached reached) {
        String model = verdict.model() == null ? "" : " for model '" + verdict.model() + "'";
        return new LineError(
                "token_limit_exceeded",
                null,
                "The batch of " + verdict.total() + " requests" + model + " would be too much: " + reached.getMessage(),
                null);
    }

    private static LineError noFile(Batch batch) {
        return new LineError(
                "invalid_request",
                null,
                "Cannot find file " + batch.inputFile() + ", or organization " + batch.owner()
                        + " does not have access to it.",
                "file_id");
    }

    private static LineError lost(Batch batch) {
        return new LineError(
                "invalid_request",
                null,
                "Cannot read file " + batch.inputFile() + " any more; the last " + (batch.total() - batch.splitLines())
                        + " of its requests were not run.",
                "file_id");
    }

    private static LineError noQueue(Validator.Verdict verdict) {
        return verdict.model() == null
                ? new LineError("model_not_found", null, "There is no queue for requests that name no model.", null)
                : new LineError(
                        "model_not_found",
                        verdict.modelLine(),
                        "The provided model '" + verdict.model() + "' is not supported by the Batch API.",
                        "body.model");
    }

    private Optional<Duration> fail(Batch batch, List<LineError> errors) {
        return fail(batch, wanted(batch), errors);
    }

    private Optional<Duration> fail(Batch batch, Optional<Queue> queue, List<LineError> errors) {
        database.transaction(connection -> {
            if (!table.failed(connection, batch, errors)) {
                throw new Hold.Lost(batch);
            }
            webhook.owe(connection, batch, BatchState.FAILED);
            return null;
        });
        webhook.wake(batch);
        count(queue, BatchState.FAILED);
        LOG.info("Batch {} was refused: {}", batch.id(), errors.get(0).code());
        return Optional.empty();
    }

    private Optional<Queue> wanted(Batch batch) {
        return Optional.ofNullable(batch.wantedQueue()).map(QueueName::new).flatMap(queues::find);
    }

    /** Counts a batch that ended before it was accepted for its queue. */
    private void count(Optional<Queue> queue, BatchState end) {
        queue.map(Queue::number).ifPresent(number -> {
            counts.created(number);
            counts.ended(number, end);
        });
    }

    // --- in progress
    // ----------------------------------------------------------------------------------------------------

    private Optional<Duration> goOn(Batch batch) throws IOException {
        if (batch.isSplit() && batch.ended().ended() >= batch.total()) {
            table.finalizing(batch, BatchState.COMPLETED);
            return Optional.of(AT_ONCE);
        }
        if (isExpired(batch)) {
            table.finalizing(batch, BatchState.EXPIRED);
            return Optional.of(AT_ONCE);
        }
        Queue queue = queue(batch);
        gate.tell(batch);
        if (!batch.isSplit()) {
            OptionalInt lines = splitter.split(batch, queue);
            if (lines.isEmpty()) {
                // Its disk may not be there for now, so nothing is given up before somebody wants it, or its time is
                // over.
                LOG.warn(
                        "The file store does not have input file {} of batch {}; the batch waits for it, and {} of its {} lines"
                                + " are no tasks yet",
                        batch.inputFile(),
                        batch.id(),
                        batch.total() - batch.splitLines(),
                        batch.total());
                return Optional.of(RARE_LOOK);
            }
            if (lines.getAsInt() >= batch.total()) {
                counts.split(queue.number());
            }
            return Optional.of(AT_ONCE);
        }
        tally.merge(batch.id().text());
        return Optional.of(LOOK);
    }

    private Queue queue(Batch batch) {
        return queues.find(batch.queue().orElseThrow())
                .orElseThrow(() -> new IllegalStateException("The queue of " + batch.id() + " is gone"));
    }

    // --- to its end
    // -----------------------------------------------------------------------------------------------------

    private Optional<Duration> cancel(Batch batch) throws IOException {
        if (batch.total() == 0) {
            return end(batch, BatchState.CANCELLED, Finalizer.Written.NOTHING);
        }
        gate.tell(batch);
        Instant begun = batch.cancelling().orElseThrow();
        Duration since = Duration.between(begun, clock.instant());
        boolean waits = since.compareTo(grace) < 0;
        withdraw(batch, Tally.BATCH_CANCELLED, waits);
        if (isDone(batch)) {
            return finish(batch, BatchState.CANCELLED);
        }
        return Optional.of(waits && grace.minus(since).compareTo(SHORT_LOOK) < 0 ? grace.minus(since) : SHORT_LOOK);
    }

    private boolean isDone(Batch batch) {
        Tally.Counts counts =
                tally.counts(List.of(batch.id().text())).getOrDefault(batch.id().text(), Tally.Counts.NONE);
        return counts.ended() >= batch.splitLines();
    }

    private Optional<Duration> finish(Batch batch, BatchState end) throws IOException {
        if (end == BatchState.EXPIRED) {
            gate.tell(batch);
            withdraw(batch, Tally.BATCH_EXPIRED, false);
            if (!isDone(batch)) {
                return Optional.of(SHORT_LOOK);
            }
        }
        table.chooseFiles(batch, FileId.random(), FileId.random());
        Batch chosen = table.find(batch.id())
                .filter(found -> found.claim() == batch.claim())
                .orElseThrow(() -> new Hold.Lost(batch));
        try (Hold hold = hold(batch)) {
            Finalizer.Written written = finalizer.write(chosen, end, hold);
            if (written.whole()) {
                return end(batch, end, written);
            }
            LOG.error(
                    "The file store does not have input file {} of batch {} any more; {} of its {} lines were no tasks yet",
                    batch.inputFile(),
                    batch.id(),
                    batch.total() - batch.splitLines(),
                    batch.total());
            return end(batch, BatchState.FAILED, written);
        }
    }

    private Hold hold(Batch batch) {
        return new Hold(table, batch, scheduler);
    }

    private Optional<Duration> end(Batch batch, BatchState end, Finalizer.Written written) {
        database.transaction(connection -> {
            if (!table.ended(connection, batch, end, written, written.whole() ? List.of() : List.of(lost(batch)))) {
                throw new Hold.Lost(batch);
            }
            releaseInput(connection, batch);
            webhook.owe(connection, batch, end);
            return null;
        });
        webhook.wake(batch);
        if (batch.queue().isPresent()) {
            counts.ended(batch.queue().getAsInt(), end);
            // Only tidies up, so it may fail.
            groups.goOn(batch.queue().getAsInt(), batch.id().text());
        } else {
            count(wanted(batch), end);
        }
        LOG.info(
                "Batch {} is {}: {} of {} requests completed, {} failed",
                batch.id(),
                end.word(),
                written.completed(),
                batch.total(),
                written.failed());
        return Optional.empty();
    }

    private void releaseInput(Connection connection, Batch batch) throws SQLException {
        if (batch.total() > 0) {
            files.release(connection, new FileId(batch.inputFile()), batch.holder());
        }
    }

    /** Ends the tasks of a batch that have not ended. */
    private void withdraw(Batch batch, String why, boolean onlyWaiting) {
        try (Hold hold = hold(batch)) {
            int after = 0;
            for (List<Lines.Open> open;
                    !(open = lines.open(batch.id().text(), after, WITHDRAWN_AT_ONCE, onlyWaiting)).isEmpty(); ) {
                List<TaskId> ids = open.stream().map(Lines.Open::task).toList();
                for (Outcome<Completion> outcome :
                        Stages.await(tasks.cancel(ids, why, onlyWaiting), PATIENCE_SECONDS)) {
                    outcome.orThrow();
                }
                after = open.get(open.size() - 1).number();
                hold.check();
            }
        }
    }
}
