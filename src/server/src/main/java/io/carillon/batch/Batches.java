package io.carillon.batch;

import io.carillon.callback.CallbackAddress;
import io.carillon.file.FileId;
import io.carillon.file.Files;
import io.carillon.file.Purpose;
import io.carillon.file.StoredFile;
import io.carillon.platform.database.DatabaseFailure;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.Lines;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches: a file of requests, each line of which becomes a task, and the files of results that come of it.
 *
 * <p>MariaDB has the batches, and the lines as tasks; how many of these have ended stands in {@link io.carillon.task.Tally}.
 * Nothing about a batch is in the memory of an instance: {@link Steps} says what is to be done next about one by its row
 * alone, and the {@link Caretaker} of any instance does it. So a batch goes on wherever it was when an instance died, and
 * each line of its input becomes one line of its output or error file.
 *
 * <p>All of it blocks. A caller sees its own batches; an admin all. Safe for many threads.
 */
public class Batches {
    private static final Logger LOG = LoggerFactory.getLogger(Batches.class);

    private final BatchTable table;
    private final Files files;
    private final Queues queues;
    private final Routes routes;
    private final Gate gate;
    private final Lines lines;
    private final Again again;
    private final CallbackAddress addresses;
    private final Caretaker caretaker;

    Batches(
            BatchTable table,
            Files files,
            Queues queues,
            Routes routes,
            Gate gate,
            Lines lines,
            Again again,
            CallbackAddress addresses,
            Caretaker caretaker) {
        this.table = table;
        this.files = files;
        this.queues = queues;
        this.routes = routes;
        this.gate = gate;
        this.lines = lines;
        this.again = again;
        this.addresses = addresses;
        this.caretaker = caretaker;
    }

    /** Whether requests of that endpoint can be batched: one of OpenAI's, or one that a queue is registered for. */
    public boolean serves(String endpoint) {
        return Endpoint.known(endpoint).isPresent() || routes.serves(endpoint);
    }

    /**
     * Creates a batch, which is on disk then; the work begins at once. The same request with the same key leads to the same
     * batch.
     *
     * @throws Refused {@link Reason#INVALID} with OpenAI's code and parameter; {@link Reason#FORBIDDEN} when the caller may
     *     not use the queue; {@link Reason#CONFLICT} when another request came with its key; {@link Reason#FULL} and {@link
     *     Reason#UNAVAILABLE}
     */
    public Batch create(NewBatch wanted, Caller caller) {
        return insert(wanted, caller).batch();
    }

    private BatchTable.Created insert(NewBatch wanted, Caller caller) {
        check(wanted, caller);
        BatchTable.Created created = table.insert(BatchId.random(), wanted);
        if (!created.before()) {
            LOG.info("Batch {} was created by key {}", created.batch().id(), wanted.owner());
            caretaker.wake();
        }
        return created;
    }

    private void check(NewBatch wanted, Caller caller) {
        if (!serves(wanted.endpoint())) {
            throw invalid(
                    "endpoint",
                    "Invalid value: '" + cut(wanted.endpoint())
                            + "'. It is no endpoint of the Batch API, and no queue is" + " registered for it.");
        }
        if (wanted.wantedQueue() != null) {
            checkQueue(wanted.wantedQueue(), caller);
        }
        Optional<StoredFile> file = FileId.parse(wanted.inputFile()).flatMap(id -> files.find(id, wanted.owner()));
        if (file.isPresent() && file.get().purpose() != Purpose.BATCH) {
            throw invalid(
                    "input_file_id",
                    "Invalid 'input_file_id': the file has the purpose '"
                            + file.get().purpose().text() + "', but 'batch' is needed.");
        }
        if (wanted.webhookUrl() != null) {
            addresses.check(wanted.webhookUrl());
        }
    }

    private void checkQueue(String name, Caller caller) {
        QueueName queue;
        try {
            queue = new QueueName(name);
        } catch (Refused noName) {
            throw invalid("X-BELLA-QUEUE-NAME", "Invalid 'X-BELLA-QUEUE-NAME': " + noName.getMessage());
        }
        if (queues.find(queue).isEmpty()) {
            throw invalid("X-BELLA-QUEUE-NAME", "Invalid 'X-BELLA-QUEUE-NAME': queue " + queue + " is not registered.");
        }
        caller.require(queue);
        queues.open(queue);
    }

    private static Refused invalid(String parameter, String message) {
        return new Refused(Reason.INVALID, message, parameter, null, "invalid_value");
    }

    private static String cut(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "...";
    }

    /** @throws Refused {@link Reason#UNKNOWN} when the caller has no such batch */
    public Batch get(String id, Caller caller) {
        return BatchId.parse(id).flatMap(table::find).filter(mine(caller)).orElseThrow(() -> unknown(id));
    }

    private static Predicate<Batch> mine(Caller caller) {
        return batch -> caller.owns(batch.owner());
    }

    private static Refused unknown(String id) {
        return new Refused(Reason.UNKNOWN, "No batch found with id '" + cut(id) + "'.");
    }

    /**
     * The caller's batches, newest first.
     *
     * @param after the id of the batch after which to begin
     * @param most how many at most
     * @throws Refused {@link Reason#INVALID} when the caller has no batch {@code after}
     */
    public List<Batch> list(Caller caller, Optional<String> after, int most) {
        OptionalLong seq = OptionalLong.empty();
        if (after.isPresent()) {
            Batch last = BatchId.parse(after.get())
                    .flatMap(table::find)
                    .filter(mine(caller))
                    .orElseThrow(
                            () -> invalid("after", "Invalid 'after': there is no batch '" + cut(after.get()) + "'."));
            seq = OptionalLong.of(last.seq());
        }
        return table.list(caller.has(Role.ADMIN) ? Optional.empty() : Optional.of(caller.keyId()), seq, most);
    }

    /**
     * Stops a batch. From the answer on, no worker is given a line of it; those that workers have may still end for a while.
     * Once more does no harm.
     *
     * @throws Refused {@link Reason#UNKNOWN}; {@link Reason#CONFLICT} when it has ended otherwise, or is about to
     */
    public Batch cancel(String id, Caller caller) {
        BatchTable.Wished wished = BatchId.parse(id)
                .flatMap(known -> table.cancel(known, mine(caller)))
                .orElseThrow(() -> unknown(id));
        Batch batch = wished.after();
        if (batch.state() != BatchState.CANCELLING && batch.state() != BatchState.CANCELLED) {
            throw new Refused(
                    Reason.CONFLICT,
                    "Cannot cancel a batch with status '" + batch.state().word() + "'.");
        }
        if (wished.before().state() != batch.state()) {
            LOG.info("Batch {} is being cancelled by key {}", batch.id(), caller.keyId());
            tell(batch);
            caretaker.wake();
        }
        return batch;
    }

    /**
     * Lets workers have no more lines of a batch until {@link #resume}; those that they have go on. Its window goes on too.
     *
     * @throws Refused {@link Reason#UNKNOWN}; {@link Reason#CONFLICT} unless it is validating or in progress
     */
    public Batch pause(String id, Caller caller) {
        Batch batch = wish(id, caller, true);
        LOG.info("Batch {} was paused by key {}", batch.id(), caller.keyId());
        return batch;
    }

    /** @throws Refused as {@link #pause} */
    public Batch resume(String id, Caller caller) {
        Batch batch = wish(id, caller, false);
        LOG.info("Batch {} was resumed by key {}", batch.id(), caller.keyId());
        return batch;
    }

    private Batch wish(String id, Caller caller, boolean paused) {
        Batch batch = BatchId.parse(id)
                .flatMap(known -> table.pause(known, mine(caller), paused))
                .orElseThrow(() -> unknown(id))
                .after();
        if (batch.state() != BatchState.VALIDATING && batch.state() != BatchState.IN_PROGRESS) {
            throw new Refused(
                    Reason.CONFLICT,
                    "Cannot " + (paused ? "pause" : "resume") + " a batch with status '"
                            + batch.state().word() + "'.");
        }
        tell(batch);
        caretaker.wake();
        return batch;
    }

    /** A failure is none of the caller's: the caretaker tells Redis at its next look. */
    private void tell(Batch batch) {
        try {
            gate.tell(batch);
        } catch (RuntimeException failure) {
            LOG.warn(
                    "Redis will hear a moment later of what was wished for batch {}: {}",
                    batch.id(),
                    failure.getMessage());
        }
    }

    /**
     * Runs the lines of a batch again that are in its error file, as a new batch with a file of its own.
     *
     * @return the new batch
     * @throws Refused {@link Reason#UNKNOWN}; {@link Reason#CONFLICT} when it has not ended, when no line is in its error
     *     file, or when its input file is gone
     */
    public Batch retry(String id, Caller caller, Optional<NewBatch.Once> once) {
        Batch batch = get(id, caller);
        Optional<Batch> earlier = once.flatMap(same -> table.earlier(batch.owner(), same));
        if (earlier.isPresent()) {
            return earlier.get();
        }
        NewBatch wanted = again.of(batch, once);
        try {
            BatchTable.Created created = insert(wanted, caller);
            if (created.before()) {
                again.forget(wanted);
            }
            return created.batch();
        } catch (Refused | DatabaseFailure failure) {
            // not after a CommitUnknown: the batch may be there, and then this is its input
            again.forget(wanted);
            throw failure;
        }
    }

    /**
     * Forgets batches that ended before {@code before} (ms since 1970), at most {@code most}, in the caller's transaction.
     *
     * @return how many
     */
    public static int forgetOld(Connection connection, long before, int most) throws SQLException {
        return BatchTable.forgetOld(connection, before, most);
    }

    /**
     * Writes the results that there are so far, as they will be in the output and error file: while the batch lives in the
     * order of its lines, afterwards first the one file and then the other.
     */
    public void results(Batch batch, OutputStream to) throws IOException {
        if (batch.state().isFinal()) {
            copy(batch, batch.outputFile(), to);
            copy(batch, batch.errorFile(), to);
            return;
        }
        int last = 0;
        for (List<Lines.Line> some; !(some = lines.ended(batch.id().text(), last)).isEmpty(); ) {
            for (Lines.Line line : some) {
                to.write(ResultLine.of(batch.id(), line).json());
            }
            last = some.get(some.size() - 1).number();
        }
    }

    private void copy(Batch batch, Optional<FileId> id, OutputStream to) throws IOException {
        Optional<StoredFile> file = id.flatMap(of -> files.find(of, batch.owner()));
        if (file.isPresent()) {
            try (InputStream in = files.open(file.get(), 0)) {
                in.transferTo(to);
            }
        }
    }
}
