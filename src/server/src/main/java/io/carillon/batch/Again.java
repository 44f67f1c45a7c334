package io.carillon.batch;

import io.carillon.file.Draft;
import io.carillon.file.FileId;
import io.carillon.file.Files;
import io.carillon.file.NewFile;
import io.carillon.file.Purpose;
import io.carillon.file.StoredFile;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/** Makes an input file of those lines of a batch that are in its error file. Safe for many threads. */
class Again {
    private final Files files;
    private final Validator.Limits limits;

    Again(Files files, Validator.Limits limits) {
        this.files = files;
        this.limits = limits;
    }

    /** @throws Refused {@link Reason#CONFLICT} when there is nothing to run again */
    NewBatch of(Batch batch, Optional<NewBatch.Once> once) {
        if (!batch.state().isFinal()) {
            throw conflict("Cannot retry a batch with status '" + batch.state().word() + "'.");
        }
        StoredFile errors = batch.errorFile()
                .flatMap(id -> files.find(id, batch.owner()))
                .orElseThrow(() -> conflict("Cannot retry a batch without an error file."));
        StoredFile input = FileId.parse(batch.inputFile())
                .flatMap(id -> files.find(id, batch.owner()))
                .orElseThrow(() -> conflict("Cannot retry a batch whose input file is gone."));
        StoredFile again = write(batch, input, errors);
        return new NewBatch(
                batch.owner(),
                again.id().text(),
                batch.endpoint(),
                batch.window(),
                NewBatch.life(batch.window()).orElseThrow(),
                batch.metadata(),
                batch.outputLife(),
                batch.wantedQueue(),
                batch.webhookUrl(),
                batch.id().text(),
                once);
    }

    /** Removes the input file of a batch that did not come into being. */
    void forget(NewBatch wanted) {
        files.delete(new FileId(wanted.inputFile()), wanted.owner());
    }

    private static Refused conflict(String message) {
        return new Refused(Reason.CONFLICT, message);
    }

    private StoredFile write(Batch batch, StoredFile input, StoredFile errors) {
        try (Draft draft = files.draft()) {
            SeenIds failed = new SeenIds();
            try (LineReader lines = new LineReader(files.open(errors, 0), 0, Integer.MAX_VALUE - 8)) {
                while (lines.next()) {
                    failed.add(RequestLine.of(lines.bytes(), Integer.MAX_VALUE)
                            .customId()
                            .text());
                }
            }
            try (LineReader lines = new LineReader(files.open(input, 0), 0, limits.lineBytes())) {
                while (lines.next()) {
                    byte[] line = lines.bytes();
                    if (!lines.isBlank()
                            && failed.contains(RequestLine.of(line, limits.depth())
                                    .customId()
                                    .text())) {
                        draft.write(line, 0, line.length);
                        draft.write('\n');
                    }
                }
            }
            return files.keep(
                    draft,
                    new NewFile(
                            FileId.random(),
                            batch.owner(),
                            Purpose.BATCH,
                            batch.id().text() + "_retry.jsonl",
                            Purpose.BATCH.usualLife()));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
