package io.carillon.batch;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.callback.CallbackAddress;
import io.carillon.file.Draft;
import io.carillon.file.FileId;
import io.carillon.file.Files;
import io.carillon.file.FilesOn;
import io.carillon.file.NewFile;
import io.carillon.file.Purpose;
import io.carillon.file.StoredFile;
import io.carillon.platform.blob.DirectoryStore;
import io.carillon.platform.json.Json;
import io.carillon.quota.Limits;
import io.carillon.quota.QuotasOn;
import io.carillon.task.BatchEngine;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** Batches on real stores, put together as {@link BatchBeans} does; nothing in them starts by itself. */
final class Round implements AutoCloseable {
    static final String OWNER = "ck_test";
    private static final Validator.Limits LIMITS = new Validator.Limits(100_000, 100_000, 1 << 20, 100);

    final BatchEngine engine = new BatchEngine();
    final BatchTable table;
    final BatchCounts counts = new BatchCounts();
    final Files files;
    final Splitter splitter;
    final Finalizer finalizer;
    Steps steps;
    Caretaker caretaker;
    Batches batches;
    private final Duration grace;
    private final Validator.Limits limits;
    private final ExecutorService executor = Executors.newFixedThreadPool(4);

    Round(Path directory, Duration grace) throws IOException {
        this(directory, grace, LIMITS);
    }

    Round(Path directory, Duration grace, Validator.Limits limits) throws IOException {
        this(directory, grace, limits, Limits.NONE);
    }

    /** @param usual what every key may use */
    Round(Path directory, Duration grace, Limits usual) throws IOException {
        this(directory, grace, LIMITS, usual);
    }

    private Round(Path directory, Duration grace, Validator.Limits limits, Limits usual) throws IOException {
        table = new BatchTable(engine.database(), QuotasOn.stores(engine.database(), usual));
        this.grace = grace;
        this.limits = limits;
        files = FilesOn.stores(engine.database(), new DirectoryStore(directory));
        splitter = new Splitter(files, engine.tasks(), Clock.systemUTC(), limits);
        finalizer = new Finalizer(files, engine.lines(), limits);
        goOnElsewhere();
    }

    /** From now on another instance does the steps; it knows what the stores say and nothing else. */
    final void goOnElsewhere() {
        Routes routes = new Routes(engine.queues(), null, null);
        steps = new Steps(
                engine.database(),
                table,
                files,
                engine.queues(),
                routes,
                new Validator(limits),
                splitter,
                finalizer,
                engine.lines(),
                engine.groups(),
                engine.tasks(),
                engine.tally(),
                new Webhook(engine.callbacks(), Clock.systemUTC()),
                counts,
                engine.scheduler(),
                Clock.systemUTC(),
                grace);
        caretaker = new Caretaker(table, steps, executor, engine.scheduler());
        batches = new Batches(
                table,
                files,
                engine.queues(),
                routes,
                new Gate(table, engine.groups()),
                engine.lines(),
                new Again(files, limits),
                new CallbackAddress(true),
                caretaker);
    }

    static String line(int number) {
        return "{\"custom_id\":\"c" + number + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
                + "{\"model\":\"m\",\"messages\":[" + number + "]}}\n";
    }

    static String input(int lines) {
        StringBuilder input = new StringBuilder();
        for (int i = 1; i <= lines; i++) {
            input.append(line(i));
        }
        return input.toString();
    }

    StoredFile file(String content) {
        return file(content, Purpose.BATCH);
    }

    StoredFile file(String content, Purpose purpose) {
        try (Draft draft = files.draft()) {
            byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
            draft.write(bytes, 0, bytes.length);
            return files.keep(draft, new NewFile(FileId.random(), OWNER, purpose, "in.jsonl", Optional.empty()));
        }
    }

    BatchId create(String input) {
        return create(file(input).id(), null);
    }

    BatchId create(FileId input, String webhook) {
        NewBatch wanted = new NewBatch(
                OWNER,
                input.text(),
                "/v1/chat/completions",
                "24h",
                Duration.ofHours(24),
                null,
                Optional.empty(),
                engine.queue().name().text(),
                webhook,
                null,
                Optional.empty());
        return table.insert(BatchId.random(), wanted).batch().id();
    }

    /** As a batch that was just created and is now split. */
    BatchId split(int lines) {
        BatchId id = create(input(lines));
        until(id, batch -> batch.total() > 0 && batch.isSplit());
        return id;
    }

    Batch find(BatchId id) {
        return table.find(id).orElseThrow();
    }

    interface Reached {
        boolean by(Batch batch);
    }

    /** As an instance claims a batch whose claim is over; a step that has just ended may hold its row for a moment. */
    Batch claimed(BatchId id) {
        return within("It could not be claimed: ", id, () -> {
            engine.run("UPDATE batch SET next_at = 0, claimed_until = 0 WHERE next_at IS NOT NULL");
            return table.claimDue(10).stream()
                    .filter(batch -> batch.id().equals(id))
                    .findFirst();
        });
    }

    /** Lets step after step be done until the batch has come so far. */
    Batch until(BatchId id, Reached reached) {
        return within("It came no further than ", id, () -> {
            Batch batch = find(id);
            if (reached.by(batch)) {
                return Optional.of(batch);
            }
            engine.run("UPDATE batch SET next_at = 0, claimed_until = 0 WHERE next_at IS NOT NULL");
            caretaker.runOnce();
            return Optional.empty();
        });
    }

    private Batch within(String otherwise, BatchId id, Supplier<Optional<Batch>> look) {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (true) {
            Optional<Batch> seen = look.get();
            if (seen.isPresent()) {
                return seen.get();
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError(otherwise + find(id));
            }
        }
    }

    Batch untilEnd(BatchId id) {
        return until(id, batch -> batch.state().isFinal());
    }

    /** The lines of a file, none if there is no file. */
    List<JsonNode> lines(Optional<FileId> id) {
        List<JsonNode> lines = new ArrayList<>();
        id.ifPresent(of -> text(of).lines().forEach(line -> lines.add(json(line))));
        return lines;
    }

    String text(FileId id) {
        try (InputStream in = files.open(files.find(id, OWNER).orElseThrow(), 0)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode json(String line) {
        try {
            return Json.mapper().readTree(line);
        } catch (IOException e) {
            throw new AssertionError(line, e);
        }
    }

    /** {@code custom_id=status} or {@code custom_id=error code} of each line, in order. */
    List<String> outcomes(Optional<FileId> id) {
        return lines(id).stream()
                .map(line -> line.path("custom_id").asText() + "="
                        + (line.path("error").isNull()
                                ? line.path("response").path("status_code").asText()
                                : line.path("error").path("code").asText()))
                .toList();
    }

    int tasks(BatchId id) {
        return Integer.parseInt(engine.rows("SELECT COUNT(*) FROM task WHERE batch_id = ?", id.text())
                .get(0));
    }

    @Override
    public void close() {
        executor.shutdownNow();
        engine.close();
    }
}
