package io.carillon.batch;

import io.carillon.file.Draft;
import io.carillon.file.FileId;
import io.carillon.file.Files;
import io.carillon.file.NewFile;
import io.carillon.file.Purpose;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.RawJson;
import io.carillon.task.Lines;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * Writes the output and error file of a batch all of whose lines have ended: each line of the input is one line of either.
 * Of what it reads a few lines are in memory at a time. Whoever begins anew after a crash writes the same files again, under
 * the same ids. Lines that are no tasks yet are missing when the bytes of the input are lost. Safe for many threads.
 */
class Finalizer {
    /**
     * What was written.
     *
     * @param output empty when no request succeeded
     * @param error empty when every request did
     * @param usage the tokens of all results, or null when nothing was run
     * @param whole whether each line of the input is a line of either
     */
    record Written(
            Optional<FileId> output, Optional<FileId> error, int completed, int failed, RawJson usage, boolean whole) {
        static final Written NOTHING = new Written(Optional.empty(), Optional.empty(), 0, 0, null, true);
    }

    private final Files files;
    private final Lines lines;
    private final Validator.Limits limits;

    Finalizer(Files files, Lines lines, Validator.Limits limits) {
        this.files = files;
        this.lines = lines;
        this.limits = limits;
    }

    /**
     * Writes the files and keeps them.
     *
     * @param batch all of whose tasks have ended, with ids for its files
     * @param end what it will be
     * @throws Hold.Lost when somebody else has the batch by now
     */
    Written write(Batch batch, BatchState end, Hold hold) throws IOException {
        try (Output output = new Output(batch, batch.outputFile().orElseThrow(), "_output.jsonl");
                Output error = new Output(batch, batch.errorFile().orElseThrow(), "_error.jsonl")) {
            Run run = new Run(output, error);
            int last = 0;
            for (List<Lines.Line> some; !(some = lines.ended(batch.id().text(), last)).isEmpty(); ) {
                some.forEach(line -> run.add(ResultLine.of(batch.id(), line)));
                last = some.get(some.size() - 1).number();
                hold.check();
            }
            if (run.lines != batch.splitLines()) {
                throw new IllegalStateException(
                        batch.id() + " has " + run.lines + " ended lines instead of " + batch.splitLines());
            }
            boolean whole = batch.isSplit() || addUnsplit(batch, ResultLine.Withdrawal.of(end), run, hold);
            return new Written(
                    output.keep(),
                    error.keep(),
                    run.completed,
                    run.failed,
                    run.completed + run.failed == 0 ? null : run.tokens.json(),
                    whole);
        }
    }

    /** Lines that are no tasks yet, and never will be; false when their bytes are lost. */
    private boolean addUnsplit(Batch batch, ResultLine.Withdrawal why, Run run, Hold hold) throws IOException {
        InputStream bytes;
        try {
            bytes = files.open(Splitter.input(files, batch), batch.splitOffset());
        } catch (Refused refused) {
            if (refused.reason() != Reason.UNKNOWN) {
                throw refused;
            }
            return false;
        }
        try (LineReader input = new LineReader(bytes, batch.splitOffset(), limits.lineBytes())) {
            for (int number = batch.splitLines(); number < batch.total(); ) {
                hold.check();
                if (!input.next()) {
                    throw new IllegalStateException("The input file of " + batch.id() + " has fewer lines than it had");
                }
                if (!input.isBlank()) {
                    String customId = RequestLine.of(input.bytes(), limits.depth())
                            .customId()
                            .text();
                    run.add(ResultLine.withdrawn(batch.id(), ++number, customId, why));
                }
            }
            return true;
        }
    }

    private static final class Run {
        private final Output output;
        private final Output error;
        private final Tokens tokens = new Tokens();
        private int lines;
        private int completed;
        private int failed;

        Run(Output output, Output error) {
            this.output = output;
            this.error = error;
        }

        void add(ResultLine line) {
            lines++;
            (line.isOutput() ? output : error).write(line.json());
            if (line.isOutput()) {
                completed++;
                line.answer().ifPresent(tokens::add);
            } else if (!line.withdrawn()) {
                failed++;
            }
        }
    }

    /** A file that comes into being with its first line. */
    private final class Output implements AutoCloseable {
        private final Batch batch;
        private final FileId id;
        private final String suffix;
        private Draft draft;

        Output(Batch batch, FileId id, String suffix) {
            this.batch = batch;
            this.id = id;
            this.suffix = suffix;
        }

        void write(byte[] line) {
            if (draft == null) {
                draft = files.draft();
            }
            draft.write(line, 0, line.length);
        }

        Optional<FileId> keep() {
            if (draft == null) {
                return Optional.empty();
            }
            try {
                files.keep(
                        draft,
                        new NewFile(
                                id,
                                batch.owner(),
                                Purpose.BATCH_OUTPUT,
                                batch.id().text() + suffix,
                                batch.outputLife()));
            } catch (Refused refused) {
                // Its owner has deleted what an earlier run had kept, which is the owner's good right.
                if (refused.reason() != Reason.CONFLICT) {
                    throw refused;
                }
            }
            return Optional.of(id);
        }

        @Override
        public void close() {
            if (draft != null) {
                draft.close();
            }
        }
    }
}
