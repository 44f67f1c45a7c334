package io.carillon.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.file.Draft;
import io.carillon.file.FileId;
import io.carillon.file.FilesOn;
import io.carillon.file.NewFile;
import io.carillon.file.Purpose;
import io.carillon.file.StoredFile;
import io.carillon.platform.blob.DirectoryStore;
import io.carillon.platform.database.FaultySource;
import io.carillon.platform.json.Json;
import io.carillon.task.Attempt;
import io.carillon.task.Completion;
import io.carillon.task.Tally;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** However a batch ends, and whatever dies on the way: what its files, its counts and its event say. */
class BatchEndsTest {
    private static final String DONE = "{\"status_code\":200,\"body\":{\"usage\":{\"prompt_tokens\":1}}}";
    private static final String BAD = "{\"status_code\":400,\"body\":{}}";
    private static final String HOOK = "https://example.com/hook";

    @TempDir
    Path directory;

    private Round round;

    @BeforeEach
    void open() throws IOException {
        round = new Round(directory, Duration.ZERO);
    }

    @AfterEach
    void close() {
        round.engine.faults().revive();
        round.close();
    }

    private BatchId create(String input, String webhook, Optional<Duration> outputLife) {
        NewBatch wanted = new NewBatch(
                Round.OWNER,
                round.file(input).id().text(),
                "/v1/chat/completions",
                "24h",
                Duration.ofHours(24),
                null,
                outputLife,
                round.engine.queue().name().text(),
                webhook,
                null,
                Optional.empty());
        return round.table.insert(BatchId.random(), wanted).batch().id();
    }

    private BatchId validated(String input) {
        BatchId id = round.create(input);
        round.until(id, batch -> batch.state() == BatchState.IN_PROGRESS);
        return id;
    }

    private void expire() {
        round.engine.run("UPDATE batch SET expires_at = created_at");
    }

    /** Each line of the input, once. */
    private void assertWhole(Batch batch, int lines) {
        List<JsonNode> all = new ArrayList<>(round.lines(batch.outputFile()));
        all.addAll(round.lines(batch.errorFile()));
        assertThat(all.stream().map(line -> line.get("custom_id").asText()))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.rangeClosed(1, lines).mapToObj(i -> "c" + i).toList());
        assertThat(all.stream().map(line -> line.get("id").asText())).doesNotHaveDuplicates();
        assertThat(batch.total()).isEqualTo(lines);
    }

    private long withError(Batch batch, String code) {
        return round.outcomes(batch.errorFile()).stream()
                .filter(outcome -> outcome.endsWith("=" + code))
                .count();
    }

    /** Splits two portions; the first is worked on, and when the second is committed something happens. */
    private BatchId inTheMiddleOfItsSplit(Consumer<BatchId> then) throws IOException {
        // after the first portions there are blank lines, which are no requests
        BatchId id = validated(Round.input(1_200) + "\n \t\r\n\n" + later(1_201, 1_700) + "\n");
        split(id, 500, () -> round.engine.run("UPDATE batch SET claim = claim + 1"));
        List<Attempt> taken = round.engine.take(12);
        round.engine.complete(taken.subList(0, 5), DONE);
        round.engine.complete(taken.subList(5, 8), BAD);
        split(id, 1_000, () -> then.accept(id));
        assertThat(round.find(id).splitLines()).isEqualTo(1_000);
        return id;
    }

    /** What {@link #inTheMiddleOfItsSplit} leaves: eight lines ended, no more tasks came, and the others say why they did not. */
    private void assertCutShort(BatchId id, BatchState as, String code) {
        Batch batch = round.untilEnd(id);

        assertThat(batch.state()).isEqualTo(as);
        assertWhole(batch, 1_700);
        assertThat(round.lines(batch.outputFile())).hasSize(5);
        assertThat(withError(batch, "400")).isEqualTo(3);
        assertThat(withError(batch, code)).isEqualTo(1_692);
        assertThat(batch.ended()).isEqualTo(new Tally.Counts(5, 3, 0));
        assertThat(round.tasks(id)).isEqualTo(1_000);
        assertThat(round.engine.take(100)).isEmpty();
    }

    private static String later(int from, int to) {
        StringBuilder lines = new StringBuilder();
        IntStream.rangeClosed(from, to).forEach(i -> lines.append(Round.line(i)));
        return lines.toString();
    }

    /** Splits until there are so many tasks, and then something happens that ends it. */
    private void split(BatchId id, int tasks, Runnable then) {
        Batch claimed = round.claimed(id);
        whenCommitted(id, tasks, then);
        assertThatThrownBy(() -> round.splitter.split(claimed, round.engine.queue()))
                .isInstanceOf(Hold.Lost.class);
        assertThat(round.tasks(id)).isEqualTo(tasks);
    }

    private void whenCommitted(BatchId id, int tasks, Runnable then) {
        round.engine.faults().afterNextCommit(() -> {
            if (round.tasks(id) >= tasks) {
                then.run();
            } else {
                whenCommitted(id, tasks, then);
            }
        });
    }

    @Test
    void cancelledInTheMiddleOfItsSplit() throws IOException {
        BatchId id = inTheMiddleOfItsSplit(of -> round.table.cancel(of, batch -> true));

        assertCutShort(id, BatchState.CANCELLED, "batch_cancelled");
    }

    @Test
    void expiredInTheMiddleOfItsSplit() throws IOException {
        BatchId id = inTheMiddleOfItsSplit(of -> round.engine.run("UPDATE batch SET claim = claim + 1"));
        expire();

        assertCutShort(id, BatchState.EXPIRED, "batch_expired");
    }

    /** Two portions are split, eight lines have ended, and the bytes of the others are lost. */
    private BatchId withoutItsInput() throws IOException {
        round.engine.run("DELETE FROM quota_usage");
        BatchId id = inTheMiddleOfItsSplit(of -> round.engine.run(
                "UPDATE batch SET claim = claim + 1, webhook_url = '" + HOOK + "' WHERE id = '" + of + "'"));
        try (DirectoryStore store = new DirectoryStore(directory)) {
            store.remove(round.engine.rows("SELECT blob_id FROM stored_file").get(0));
        }
        return id;
    }

    private void assertLost(BatchId id) {
        Batch batch = round.untilEnd(id);

        assertThat(batch.state()).isEqualTo(BatchState.FAILED);
        assertThat(json(batch.errors().text())).hasSize(1);
        assertThat(batch.errors().text())
                .contains("\"param\":\"file_id\"", batch.inputFile(), "the last 700 of its requests");
        assertThat(round.lines(batch.outputFile())).hasSize(5);
        assertThat(withError(batch, "400")).isEqualTo(3);
        assertThat(round.lines(batch.errorFile())).hasSize(995);
        assertThat(batch.ended()).isEqualTo(new Tally.Counts(5, 3, 0));
        assertThat(round.engine.take(100)).isEmpty();
        assertThat(round.engine.rows("SELECT holder FROM file_hold")).isEmpty();
        assertThat(round.engine.rows("SELECT quota FROM quota_usage WHERE quota IN ('live_batches', 'queued_requests')"
                        + " AND used <> 0"))
                .isEmpty();
        assertEvent(id, "batch.failed");
    }

    @Test
    void withoutItsInputItWaitsForIt() throws IOException {
        BatchId id = inTheMiddleOfItsSplit(of -> round.engine.run("UPDATE batch SET claim = claim + 1"));
        Path input;
        String blob = round.engine.rows("SELECT blob_id FROM stored_file").get(0);
        try (Stream<Path> paths = Files.walk(directory)) {
            input = paths.filter(path -> path.getFileName().toString().contains(blob))
                    .findFirst()
                    .orElseThrow();
        }
        Path away = directory.resolveSibling("away-" + blob);
        Files.move(input, away);
        round.engine.run("UPDATE batch SET next_at = 0, claimed_until = 0");
        round.caretaker.runOnce();
        Batch waiting = round.find(id);
        assertThat(waiting.state()).isEqualTo(BatchState.IN_PROGRESS);
        assertThat(waiting.isSplit()).isFalse();
        Files.move(away, input);
        round.engine.run("UPDATE batch SET next_at = 0, claimed_until = 0");

        round.until(id, Batch::isSplit);
    }

    @Test
    void withoutItsInputACancelledOneFails() throws IOException {
        BatchId id = withoutItsInput();
        round.table.cancel(id, batch -> true);

        assertLost(id);
    }

    @Test
    void withoutItsInputAnExpiredOneFails() throws IOException {
        BatchId id = withoutItsInput();
        expire();

        assertLost(id);
    }

    @Test
    void whileTheStoreDoesNotAnswerItWaits() throws IOException {
        BatchId id = validated(Round.input(3));
        Path away = directory.resolveSibling(directory.getFileName() + "-away");
        Files.move(directory, away);
        round.engine.run("UPDATE batch SET next_at = 0, claimed_until = 0");
        round.caretaker.runOnce();
        assertThat(round.find(id).state()).isEqualTo(BatchState.IN_PROGRESS);
        Files.move(away, directory);

        round.until(id, Batch::isSplit);

        assertThat(round.tasks(id)).isEqualTo(3);
    }

    private void assertCounted(Function<BatchId, Batch> look) {
        // it ends when this test says so
        round.caretaker.stop();
        BatchId id = round.split(3);
        List<Attempt> taken = round.engine.take(3);
        round.engine.complete(taken.subList(0, 2), DONE);
        round.engine.complete(taken.get(2), BAD);
        round.engine.faults().before("FROM batch_tally", 1, () -> round.untilEnd(id));

        Batch seen = look.apply(id);

        assertThat(seen.state()).isEqualTo(BatchState.IN_PROGRESS);
        assertThat(seen.ended()).isEqualTo(new Tally.Counts(2, 1, 0));
        assertThat(round.find(id).state()).isEqualTo(BatchState.COMPLETED);
        assertThat(round.find(id).ended()).isEqualTo(new Tally.Counts(2, 1, 0));
    }

    @Test
    void whoeverLooksWhileItEndsSeesItsCounts() {
        assertCounted(round::find);
    }

    @Test
    void whoeverListsWhileItEndsSeesItsCounts() {
        assertCounted(id -> round.table
                .list(Optional.of(Round.OWNER), OptionalLong.empty(), 1)
                .get(0));
    }

    @Test
    void completedAlsoWhenItsWindowIsOverBeforeSomebodyLooks() {
        BatchId id = round.split(2);
        List<Attempt> taken = round.engine.take(2);
        round.engine.complete(taken.get(0), DONE);
        round.engine.complete(taken.get(1), BAD);
        expire();

        assertThat(round.untilEnd(id).state()).isEqualTo(BatchState.COMPLETED);
    }

    @Test
    void expiredWhileLinesRunAndWait() {
        BatchId id = round.split(40);
        List<Attempt> taken = round.engine.take(12);
        round.engine.complete(taken.subList(0, 4), DONE);
        round.engine.complete(taken.subList(4, 7), BAD);
        round.engine.giveUp(taken.get(7));
        expire();

        Batch batch = round.untilEnd(id);

        assertThat(batch.state()).isEqualTo(BatchState.EXPIRED);
        assertWhole(batch, 40);
        assertThat(round.lines(batch.outputFile())).hasSize(4);
        assertThat(withError(batch, "400")).isEqualTo(3);
        assertThat(withError(batch, "request_timeout")).isEqualTo(1);
        assertThat(withError(batch, "batch_expired")).isEqualTo(32);
        assertThat(batch.ended()).isEqualTo(new Tally.Counts(4, 4, 0));
        assertThat(batch.over()).isPresent();
        assertThat(batch.cancelling()).isEmpty();
        String output = round.text(batch.outputFile().orElseThrow());
        assertThat(round.engine.complete(taken.get(8), DONE)).isEqualTo(Completion.REFUSED);
        assertThat(round.engine.take(100)).isEmpty();
        assertThat(round.text(batch.outputFile().orElseThrow())).isEqualTo(output);
        assertThat(round.find(id).ended()).isEqualTo(batch.ended());
    }

    @Test
    void expiredBeforeItsFirstLineIsSplit() {
        BatchId id = validated(Round.input(3));
        expire();

        Batch batch = round.untilEnd(id);

        assertThat(batch.state()).isEqualTo(BatchState.EXPIRED);
        assertThat(batch.outputFile()).isEmpty();
        assertThat(round.outcomes(batch.errorFile()))
                .containsExactly("c1=batch_expired", "c2=batch_expired", "c3=batch_expired");
        assertThat(batch.ended()).isEqualTo(Tally.Counts.NONE);
        assertThat(batch.usage()).isNull();
        assertThat(round.tasks(id)).isZero();
    }

    @Test
    void expiredWhileItIsValidatedItHasNoFilesAndNothingRan() {
        BatchId id = round.create(Round.input(3));
        expire();

        Batch batch = round.untilEnd(id);

        assertThat(batch.state()).isEqualTo(BatchState.EXPIRED);
        assertThat(batch.over()).isPresent();
        assertThat(batch.outputFile()).isEmpty();
        assertThat(batch.errorFile()).isEmpty();
        assertThat(batch.errors()).isNull();
        assertThat(batch.total()).isZero();
        assertThat(batch.ended()).isEqualTo(Tally.Counts.NONE);
        assertThat(round.tasks(id)).isZero();
        assertThat(round.engine.rows("SELECT holder FROM file_hold")).isEmpty();
    }

    private enum Way {
        CANCELLED,
        EXPIRED
    }

    /** The instance dies before each of the COMMITs on the way in turn, and another goes on. */
    @ParameterizedTest
    @EnumSource(Way.class)
    @Timeout(120)
    void whicheverWriteIsTheLastOfADyingInstance(Way way) throws IOException {
        int deaths = 0;
        while (diesAfter(way, deaths)) {
            deaths++;
        }
        // to choose the files, to keep them and to end it at the very least
        assertThat(deaths).isGreaterThan(8);
    }

    private boolean diesAfter(Way way, int commits) throws IOException {
        BatchId id = validated(Round.input(6));
        round.engine.run("UPDATE batch SET total = 4 WHERE total = 6");
        round.splitter.split(round.claimed(id), round.engine.queue());
        round.engine.run("UPDATE batch SET total = 6 WHERE total = 4");
        List<Attempt> taken = round.engine.take(3);
        assertThat(taken).hasSize(3);
        round.engine.complete(taken.get(0), DONE);
        round.engine.complete(taken.get(1), BAD);
        if (way == Way.CANCELLED) {
            round.table.cancel(id, batch -> true);
        } else {
            expire();
        }

        boolean died = !goesToTheEnd(id, commits);
        round.goOnElsewhere();
        Batch batch = round.untilEnd(id);

        String why = way == Way.CANCELLED ? "batch_cancelled" : "batch_expired";
        assertThat(batch.state().name()).isEqualTo(way.name());
        assertThat(round.outcomes(batch.outputFile())).as("after %s", commits).containsExactly("c1=200");
        assertThat(round.outcomes(batch.errorFile()))
                .as("after %s", commits)
                .containsExactly("c2=400", "c3=" + why, "c4=" + why, "c5=" + why, "c6=" + why);
        assertThat(batch.ended()).isEqualTo(new Tally.Counts(1, 1, 0));
        assertThat(round.files.list(Round.OWNER, Optional.of(Purpose.BATCH_OUTPUT), false, Optional.empty(), 100))
                .as("files that the dead left are the same")
                .filteredOn(file -> file.name().startsWith(id.text()))
                .hasSize(2);
        assertThat(round.engine.complete(taken.get(2), DONE)).isEqualTo(Completion.REFUSED);
        assertThat(round.engine.take(10)).isEmpty();
        assertThat(round.engine.rows("SELECT holder FROM file_hold")).isEmpty();
        return died;
    }

    /** The steps of one instance, which dies after so many COMMITs unless it comes to the end before. */
    private boolean goesToTheEnd(BatchId id, int commits) {
        Batch batch = round.claimed(id);
        FaultySource faults = round.engine.faults();
        faults.dieAfter(commits);
        try {
            while (round.steps.next(batch).isPresent()) {
                batch = round.find(id);
            }
            return true;
        } catch (IOException | RuntimeException dead) {
            return false;
        } finally {
            faults.revive();
        }
    }

    private StoredFile file(String owner, Optional<Duration> life) {
        try (Draft draft = round.files.draft()) {
            byte[] bytes = Round.input(2).getBytes(StandardCharsets.UTF_8);
            draft.write(bytes, 0, bytes.length);
            return round.files.keep(draft, new NewFile(FileId.random(), owner, Purpose.BATCH, "in.jsonl", life));
        }
    }

    private void assertNoFile(BatchId id, FileId input) {
        Batch batch = round.find(id);
        assertThat(batch.state()).isEqualTo(BatchState.FAILED);
        JsonNode errors = json(batch.errors().text());
        assertThat(errors).hasSize(1);
        assertThat(errors.get(0).get("code").asText()).isEqualTo("invalid_request");
        assertThat(errors.get(0).get("line").isNull()).isTrue();
        assertThat(errors.get(0).get("param").asText()).isEqualTo("file_id");
        assertThat(errors.get(0).get("message").asText())
                .isEqualTo("Cannot find file " + input + ", or organization " + Round.OWNER
                        + " does not have access to it.");
        assertThat(batch.total()).isZero();
        assertThat(batch.outputFile()).isEmpty();
        assertThat(batch.errorFile()).isEmpty();
        assertThat(round.tasks(id)).isZero();
        assertThat(round.engine.rows("SELECT holder FROM file_hold")).isEmpty();
    }

    private static JsonNode json(String text) {
        try {
            return Json.mapper().readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void anothersFileIsNone() {
        FileId input = file("ck_another", Optional.empty()).id();
        BatchId id = round.create(input, null);

        round.untilEnd(id);

        assertNoFile(id, input);
    }

    @Test
    void anExpiredFileIsNone() {
        FileId input = file(Round.OWNER, Optional.of(Duration.ofHours(1))).id();
        round.engine.run("UPDATE stored_file SET expires = 1");
        BatchId id = round.create(input, null);

        round.untilEnd(id);

        assertNoFile(id, input);
    }

    @Test
    void aFileThatIsDeletedBeforeItIsReadIsNone() {
        FileId input = file(Round.OWNER, Optional.empty()).id();
        BatchId id = round.create(input, null);
        assertThat(round.files.delete(input, Round.OWNER)).isTrue();

        round.untilEnd(id);

        assertNoFile(id, input);
    }

    @Test
    void aFileThatIsDeletedWhileItIsReadIsNone() throws IOException {
        assertNoneWhenReading(input -> round.files.delete(input, Round.OWNER));
    }

    @Test
    void aFileThatExpiresWhileItIsReadIsNone() throws IOException {
        assertNoneWhenReading(input -> round.engine.run("UPDATE stored_file SET expires = 1"));
    }

    @Test
    void aFileWhoseBytesAreRemovedBeforeItIsOpenedIsNone() throws IOException {
        assertNoneWhenReading(input -> {
            round.files.delete(input, Round.OWNER);
            removeBytes();
        });
    }

    private void removeBytes() {
        try {
            FilesOn.sweep(round.engine.database(), new DirectoryStore(directory))
                    .runOnce();
            round.engine.run("UPDATE loose_blob SET due = 0");
            FilesOn.sweep(round.engine.database(), new DirectoryStore(directory))
                    .runOnce();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param then happens when the file was found, and before it is read */
    private void assertNoneWhenReading(Consumer<FileId> then) throws IOException {
        FileId input = file(Round.OWNER, Optional.of(Duration.ofHours(1))).id();
        BatchId id = round.create(input, null);
        Batch claimed = round.claimed(id);
        round.engine.faults().afterNextCommit(() -> then.accept(input));

        assertThat(round.steps.next(claimed)).isEmpty();

        assertNoFile(id, input);
    }

    private JsonNode event(BatchId id) {
        List<String> bodies = round.engine.rows("SELECT body FROM callback WHERE task_id = ?", id.event());
        assertThat(bodies).hasSize(1);
        return json(bodies.get(0));
    }

    private void assertEvent(BatchId id, String type) {
        JsonNode event = event(id);
        Set<String> names = new HashSet<>();
        event.fieldNames().forEachRemaining(names::add);
        assertThat(names).containsExactlyInAnyOrder("object", "id", "type", "created_at", "data");
        assertThat(event.get("object").asText()).isEqualTo("event");
        assertThat(event.get("id").asText()).isEqualTo(id.event()).startsWith("evt_");
        assertThat(event.get("type").asText()).isEqualTo(type);
        assertThat(event.get("created_at").isIntegralNumber()).isTrue();
        assertThat(Duration.between(
                                Instant.ofEpochSecond(event.get("created_at").longValue()), Instant.now())
                        .abs())
                .isLessThan(Duration.ofMinutes(5));
        assertThat(event.get("data")).isEqualTo(json("{\"id\":\"" + id.text() + "\"}"));
        assertThat(round.engine.rows("SELECT url FROM callback WHERE task_id = ?", id.event()))
                .containsExactly(HOOK);
        assertThat(round.engine.rows("SELECT task_id FROM callback")).containsExactly(id.event());
    }

    @Test
    void saysThatItIsCompleted() {
        BatchId id = create(Round.input(2), HOOK, Optional.empty());
        round.until(id, batch -> batch.total() > 0 && batch.isSplit());
        assertThat(round.engine.rows("SELECT task_id FROM callback")).isEmpty();
        List<Attempt> taken = round.engine.take(2);
        round.engine.complete(taken.get(0), DONE);
        round.engine.complete(taken.get(1), BAD);

        round.untilEnd(id);

        assertEvent(id, "batch.completed");
    }

    @Test
    void saysThatItIsExpired() {
        BatchId id = create(Round.input(2), HOOK, Optional.empty());
        round.until(id, batch -> batch.total() > 0 && batch.isSplit());
        expire();

        round.untilEnd(id);

        assertEvent(id, "batch.expired");
    }

    @Test
    void saysThatItIsExpiredAlsoWhenNothingWasValidated() {
        BatchId id = create(Round.input(2), HOOK, Optional.empty());
        expire();

        round.untilEnd(id);

        assertEvent(id, "batch.expired");
    }

    @Test
    void saysThatItIsCancelled() {
        BatchId id = create(Round.input(2), HOOK, Optional.empty());
        round.until(id, batch -> batch.total() > 0 && batch.isSplit());
        round.table.cancel(id, batch -> true);
        assertThat(round.engine.rows("SELECT task_id FROM callback")).isEmpty();

        round.untilEnd(id);

        assertEvent(id, "batch.cancelled");
    }

    @Test
    void saysThatItIsFailed() {
        BatchId id = create(Round.input(2) + "{\n", HOOK, Optional.empty());

        round.untilEnd(id);

        assertEvent(id, "batch.failed");
    }

    @Test
    void withoutAnAddressNobodyIsTold() {
        BatchId id = create(Round.input(1), null, Optional.empty());
        expire();

        round.untilEnd(id);

        assertThat(round.engine.rows("SELECT task_id FROM callback")).isEmpty();
    }

    private Batch withOneOfEach(Optional<Duration> outputLife) {
        BatchId id = create(Round.input(2), null, outputLife);
        round.until(id, batch -> batch.total() > 0 && batch.isSplit());
        List<Attempt> taken = round.engine.take(2);
        round.engine.complete(taken.get(0), DONE);
        round.engine.complete(taken.get(1), BAD);
        return round.untilEnd(id);
    }

    private StoredFile stored(Optional<FileId> id) {
        return round.files.find(id.orElseThrow(), Round.OWNER).orElseThrow();
    }

    @Test
    void bothFilesExpireSoLongAfterTheirOwnCreation() {
        Batch batch = withOneOfEach(Optional.of(Duration.ofSeconds(5_000)));

        for (StoredFile file : List.of(stored(batch.outputFile()), stored(batch.errorFile()))) {
            assertThat(file.expires().orElseThrow().getEpochSecond())
                    .isEqualTo(file.created().getEpochSecond() + 5_000);
            assertThat(file.purpose()).isEqualTo(Purpose.BATCH_OUTPUT);
        }
        assertThat(stored(batch.outputFile()).name()).isEqualTo(batch.id() + "_output.jsonl");
        assertThat(stored(batch.errorFile()).name()).isEqualTo(batch.id() + "_error.jsonl");
    }

    @Test
    void filesStayUnlessSomebodyWantsThemToExpire() {
        Batch batch = withOneOfEach(Optional.empty());

        assertThat(stored(batch.outputFile()).expires()).isEmpty();
        assertThat(stored(batch.errorFile()).expires()).isEmpty();
    }
}
