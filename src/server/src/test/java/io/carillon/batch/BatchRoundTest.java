package io.carillon.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.file.FileId;
import io.carillon.platform.database.FaultySource;
import io.carillon.platform.error.Refused;
import io.carillon.task.Attempt;
import io.carillon.task.Completion;
import io.carillon.task.Lines;
import io.carillon.task.Tally;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchRoundTest {
    private static final String DONE =
            "{\"status_code\":200,\"request_id\":\"r1\",\"body\":{\"n\":12345678901234567890,\n"
                    + "\"usage\":{\"prompt_tokens\":3,"
                    + "\"completion_tokens\":4,\"prompt_tokens_details\":{\"cached_tokens\":1}}}}";
    private static final String BAD =
            "{\"status_code\":400,\"request_id\":\"r2\",\"body\":{\"error\":{\"message\":\"no\"}}}";

    private Round round;

    @BeforeEach
    void open(@TempDir Path directory) throws IOException {
        round = new Round(directory, Duration.ZERO);
    }

    @AfterEach
    void close() {
        round.close();
    }

    @Test
    void everyLineBecomesOneLineOfOutputOrError() {
        BatchId id = round.split(6);
        List<Attempt> taken = round.engine.take(10);
        assertThat(taken).hasSize(6);
        assertThat(taken.get(0).data().text()).isEqualTo("{\"model\":\"m\",\"messages\":[1]}");
        assertThat(taken).allSatisfy(attempt -> assertThat(List.of(
                        attempt.specification().batchId(),
                        attempt.specification().traceId()))
                .containsOnly(id.text()));

        round.engine.complete(taken.get(0), DONE);
        round.engine.complete(taken.get(1), BAD);
        round.engine.giveUp(taken.get(2));
        round.engine.cancel(taken.get(3).id());
        round.engine.complete(taken.get(4), "{\"error\":\"boom\"}");
        assertThat(round.find(id).ended()).isEqualTo(new Tally.Counts(1, 4, 0));
        round.engine.complete(taken.get(5), DONE);
        Batch batch = round.untilEnd(id);

        assertThat(batch.state()).isEqualTo(BatchState.COMPLETED);
        assertThat(round.outcomes(batch.outputFile())).containsExactly("c1=200", "c6=200");
        assertThat(round.outcomes(batch.errorFile()))
                .containsExactly("c2=400", "c3=request_timeout", "c4=batch_cancelled", "c5=500");
        assertThat(round.text(batch.outputFile().get()).lines().findFirst().get())
                .isEqualTo("{\"id\":\"" + id.request(1) + "\",\"custom_id\":\"c1\",\"response\":{\"status_code\":200,"
                        + "\"request_id\":\"r1\",\"body\":{\"n\":12345678901234567890, \"usage\":{\"prompt_tokens\":3,"
                        + "\"completion_tokens\":4,\"prompt_tokens_details\":{\"cached_tokens\":1}}}},\"error\":null}");
        assertThat(round.lines(batch.errorFile())
                        .get(3)
                        .at("/response/body/error/message")
                        .asText())
                .isEqualTo("boom");
        assertThat(round.lines(batch.errorFile()).get(1).get("response").isNull())
                .isTrue();
        assertThat(batch.ended()).isEqualTo(new Tally.Counts(2, 4, 0));
        assertThat(batch.total()).isEqualTo(6);
        assertThat(batch.model()).isEqualTo("m");
        assertThat(batch.usage().text())
                .isEqualTo("{\"input_tokens\":6,\"input_tokens_details\":{\"cached_tokens\":2},\"output_tokens\":8,"
                        + "\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":14}");
        assertThat(round.engine.rows("SELECT task_id FROM dead_letter")).isEmpty();
        assertThat(round.engine.rows("SELECT holder FROM file_hold")).isEmpty();
        assertThat(round.engine.rows("SELECT id FROM batch_tally")).isEmpty();
    }

    @Test
    void batchesAreCountedByQueueOnceEach() {
        BatchId done = round.split(2);
        round.engine.complete(round.engine.take(2), DONE);
        round.untilEnd(done);
        round.untilEnd(round.create(Round.input(1) + "{\n"));

        assertThat(round.counts.all()).singleElement().satisfies(of -> {
            assertThat(of.queue()).isEqualTo(round.engine.queue().number());
            assertThat(of.created()).isEqualTo(2);
            assertThat(of.split()).isEqualTo(1);
            assertThat(of.ended(BatchState.COMPLETED)).isEqualTo(1);
            assertThat(of.ended(BatchState.FAILED)).isEqualTo(1);
        });
    }

    @Test
    void aResultWhoseStatusIsNoneIsALineOfTheErrorFile() {
        BatchId id = round.split(2);
        List<Attempt> taken = round.engine.take(2);
        round.engine.complete(taken.subList(0, 1), "{\"status_code\":0,\"body\":{\"a\":1}}");
        round.engine.complete(taken.get(1), DONE);

        Batch batch = round.untilEnd(id);

        assertThat(batch.state()).isEqualTo(BatchState.COMPLETED);
        assertThat(round.outcomes(batch.outputFile())).containsExactly("c2=200");
        assertThat(round.outcomes(batch.errorFile())).containsExactly("c1=502");
        assertThat(batch.ended()).isEqualTo(new Tally.Counts(1, 1, 0));
    }

    @Test
    void anAbsentFileFailsTheBatch() {
        BatchId id = round.create(FileId.random(), "https://example.com/hook");

        Batch batch = round.untilEnd(id);

        assertThat(batch.state()).isEqualTo(BatchState.FAILED);
        assertThat(batch.errors().text())
                .contains("\"code\":\"invalid_request\",\"line\":null", "\"param\":\"file_id\"");
        assertThat(round.engine.rows("SELECT CONCAT(task_id, ' ', body) FROM callback"))
                .singleElement()
                .asString()
                .startsWith(
                        id.event() + " {\"object\":\"event\",\"id\":\"" + id.event() + "\",\"type\":\"batch.failed\"")
                .endsWith("\"data\":{\"id\":\"" + id.text() + "\"}}");
    }

    @Test
    void oneBadLineFailsTheWholeBatchAndNothingRuns() {
        BatchId id = round.create(Round.input(3) + "{\n");

        Batch batch = round.untilEnd(id);

        assertThat(batch.state()).isEqualTo(BatchState.FAILED);
        assertThat(batch.errors().text())
                .isEqualTo(
                        "[{\"code\":\"invalid_json_line\",\"line\":4,\"message\":\"This line is not parseable as valid"
                                + " JSON.\",\"param\":null}]");
        assertThat(batch.total()).isZero();
        assertThat(round.tasks(id)).isZero();
    }

    @Test
    void aDeletedInputIsReadToItsEndOnceItWasAccepted() {
        FileId input = round.file(Round.input(700)).id();
        BatchId id = round.create(input, null);
        round.until(id, batch -> batch.state() == BatchState.IN_PROGRESS);
        assertThat(round.files.delete(input, Round.OWNER)).isTrue();

        round.until(id, Batch::isSplit);

        assertThat(round.tasks(id)).isEqualTo(700);
    }

    @Test
    void twoSplittersPutEachLineOnce() throws Exception {
        BatchId id = round.create(Round.input(1200));
        round.until(id, batch -> batch.state() == BatchState.IN_PROGRESS);
        Batch claimed =
                round.table.claimDone(Set.of(id.text()), 1).stream().findFirst().orElseGet(() -> round.claimed(id));

        assertThat(round.splitter.split(claimed, round.engine.queue())).hasValue(1200);
        assertThatThrownBy(() -> round.splitter.split(claimed, round.engine.queue()))
                .isInstanceOf(Hold.Lost.class);

        assertThat(round.tasks(id)).isEqualTo(1200);
        assertThat(round.find(id).isSplit()).isTrue();
    }

    @Test
    void aSplitterWhoseClaimWasTakenOverPutsNothing() {
        BatchId id = round.create(Round.input(5));
        round.until(id, batch -> batch.state() == BatchState.IN_PROGRESS);
        Batch old = round.claimed(id);
        round.claimed(id);

        assertThatThrownBy(() -> round.splitter.split(old, round.engine.queue()))
                .isInstanceOf(Hold.Lost.class);

        assertThat(round.tasks(id)).isZero();
    }

    @Test
    void aCommitOfUnknownOutcomeNeitherLosesNorDoublesALine() {
        BatchId id = round.create(Round.input(1300));
        round.until(id, batch -> batch.state() == BatchState.IN_PROGRESS);
        for (int time = 0; !round.find(id).isSplit(); time++) {
            Batch batch = round.claimed(id);
            boolean done = time % 2 == 0;
            // the first COMMIT is that of the look for the input file
            FaultySource faults = round.engine.faults();
            faults.afterNextCommit(done ? faults::loseAnswerOfNextCommit : faults::loseNextCommit);
            try {
                round.splitter.split(batch, round.engine.queue());
            } catch (IOException | RuntimeException broken) {
                // begins again
            }
        }

        Set<String> customIds =
                new TreeSet<>(round.engine.rows("SELECT custom_id FROM task WHERE batch_id = ?", id.text()));
        assertThat(round.tasks(id)).isEqualTo(1300);
        assertThat(customIds).hasSize(1300);
    }

    @Test
    void aBatchDoesNotEndBeforeItIsSplitToTheEnd() throws IOException {
        BatchId id = round.create(Round.input(600));
        round.until(id, batch -> batch.state() == BatchState.IN_PROGRESS);
        Batch claimed = round.claimed(id);
        loseTheClaimAfterTheFirstPortion(id);
        assertThatThrownBy(() -> round.splitter.split(claimed, round.engine.queue()))
                .isInstanceOf(Hold.Lost.class);
        assertThat(round.tasks(id)).isEqualTo(500);
        round.engine.complete(round.engine.take(500), DONE);

        round.engine.run("UPDATE batch SET claimed_until = 0");
        assertThat(round.table.claimDone(Set.of(id.text()), 1)).isEmpty();
        round.until(id, Batch::isSplit);
        assertThat(round.find(id).state()).isEqualTo(BatchState.IN_PROGRESS);
        round.engine.complete(round.engine.take(500), DONE);

        assertThat(round.lines(round.untilEnd(id).outputFile())).hasSize(600);
    }

    private void loseTheClaimAfterTheFirstPortion(BatchId id) {
        round.engine.faults().afterNextCommit(() -> {
            if (round.tasks(id) > 0) {
                round.engine.run("UPDATE batch SET claim = claim + 1");
            } else {
                loseTheClaimAfterTheFirstPortion(id);
            }
        });
    }

    @Test
    void aBatchWhoseFilesCannotBeWrittenTriesUntilTheyCan(@TempDir Path other) throws IOException {
        Path directory = Files.createDirectory(other.resolve("store"));
        Path away = other.resolve("away");
        round.close();
        round = new Round(directory, Duration.ZERO);
        BatchId id = round.split(2);
        round.engine.complete(round.engine.take(2), DONE);

        Files.move(directory, away);
        Files.createFile(directory);
        round.until(id, batch -> batch.state() == BatchState.FINALIZING);
        round.engine.run("UPDATE batch SET next_at = 0, claimed_until = 0");
        round.caretaker.runOnce();
        assertThat(round.find(id).state()).isEqualTo(BatchState.FINALIZING);
        Files.delete(directory);
        Files.move(away, directory);

        Batch batch = round.untilEnd(id);
        assertThat(batch.state()).isEqualTo(BatchState.COMPLETED);
        assertThat(round.lines(batch.outputFile())).hasSize(2);
    }

    @Test
    void anExpiredBatchKeepsWhatIsDoneAndSaysSoOfTheRest() throws IOException {
        BatchId id = round.create(Round.input(5));
        round.until(id, batch -> batch.state() == BatchState.IN_PROGRESS);
        Batch claimed = round.claimed(id);
        round.engine.run("UPDATE batch SET total = 3");
        round.splitter.split(round.find(id), round.engine.queue());
        round.engine.run("UPDATE batch SET total = 5");
        List<Attempt> taken = round.engine.take(2);
        round.engine.complete(taken.get(0), DONE);
        round.engine.run("UPDATE batch SET expires_at = created_at, claimed_until = 0");

        Batch batch = round.untilEnd(id);

        assertThat(claimed.splitLines()).isZero();
        assertThat(batch.state()).isEqualTo(BatchState.EXPIRED);
        assertThat(round.outcomes(batch.outputFile())).containsExactly("c1=200");
        assertThat(round.outcomes(batch.errorFile()))
                .containsExactly("c2=batch_expired", "c3=batch_expired", "c4=batch_expired", "c5=batch_expired");
        assertThat(batch.ended()).isEqualTo(new Tally.Counts(1, 0, 0));
        assertThat(round.engine.complete(taken.get(1), DONE)).isEqualTo(Completion.REFUSED);
    }

    @Test
    void aCancelledBatchWaitsForWhatRunsAndGivesOutNothingMore(@TempDir Path other) throws IOException {
        round.close();
        round = new Round(other, Duration.ofMinutes(10));
        BatchId id = round.split(4);
        List<Attempt> taken = round.engine.take(2);
        round.engine.complete(taken.get(0), DONE);

        round.table.cancel(id, batch -> true);
        round.until(
                id,
                batch -> round.engine
                                .rows("SELECT id FROM task WHERE state = 'cancelled'")
                                .size()
                        == 2);
        assertThat(round.engine.take(5)).isEmpty();
        assertThat(round.find(id).state()).isEqualTo(BatchState.CANCELLING);
        round.engine.complete(taken.get(1), DONE);
        Batch batch = round.untilEnd(id);

        assertThat(batch.state()).isEqualTo(BatchState.CANCELLED);
        assertThat(round.outcomes(batch.outputFile())).containsExactly("c1=200", "c2=200");
        assertThat(round.outcomes(batch.errorFile())).containsExactly("c3=batch_cancelled", "c4=batch_cancelled");
        assertThat(batch.ended()).isEqualTo(new Tally.Counts(2, 0, 0));
        assertThat(batch.over()).isPresent();
    }

    @Test
    void afterTheGraceACancelledBatchWaitsForNobody() {
        BatchId id = round.split(3);
        List<Attempt> taken = round.engine.take(1);

        round.table.cancel(id, batch -> true);
        Batch batch = round.untilEnd(id);

        assertThat(batch.state()).isEqualTo(BatchState.CANCELLED);
        assertThat(batch.outputFile()).isEmpty();
        assertThat(round.outcomes(batch.errorFile())).hasSize(3);
        assertThat(batch.usage()).isNull();
        assertThat(round.engine.complete(taken.get(0), DONE)).isEqualTo(Completion.REFUSED);
    }

    @Test
    void cancelledWhileItIsValidatedItHasNoFiles() {
        BatchId id = round.create(Round.input(3));

        round.table.cancel(id, batch -> true);
        Batch batch = round.untilEnd(id);

        assertThat(batch.state()).isEqualTo(BatchState.CANCELLED);
        assertThat(batch.outputFile()).isEmpty();
        assertThat(batch.errorFile()).isEmpty();
        assertThat(batch.total()).isZero();
    }

    @Test
    void aStoppedGroupIsPassedOverUntilItGoesOn() {
        BatchId id = round.split(3);
        BatchId other = round.split(1);
        round.engine
                .groups()
                .stop(round.engine.queue().number(), id.text())
                .toCompletableFuture()
                .join();

        assertThat(round.engine.take(10)).hasSize(1);
        round.engine
                .groups()
                .goOn(round.engine.queue().number(), id.text())
                .toCompletableFuture()
                .join();
        assertThat(round.engine.take(10)).hasSize(3);
        assertThat(round.find(other).total()).isEqualTo(1);
    }

    @Test
    void aSmallBatchDoesNotWaitBehindALargeOne() {
        round.split(500);
        BatchId small = round.split(10);

        List<Attempt> taken = round.engine.take(20);

        assertThat(taken.stream()
                        .filter(attempt -> attempt.specification().batchId().equals(small.text())))
                .hasSize(10);
    }

    @Test
    void filesThatAreWrittenAgainAreTheSame() throws IOException {
        BatchId id = round.split(2);
        List<Attempt> taken = round.engine.take(2);
        round.engine.complete(taken.get(0), DONE);
        round.engine.complete(taken.get(1), BAD);
        round.until(id, batch -> batch.state() == BatchState.FINALIZING);
        Batch claimed = round.claimed(id);
        round.table.chooseFiles(claimed, FileId.random(), FileId.random());
        Batch chosen = round.find(id);
        Finalizer.Written before;
        try (Hold hold = new Hold(round.table, chosen, round.engine.scheduler())) {
            before = round.finalizer.write(chosen, BatchState.COMPLETED, hold);
        }
        String text = round.text(before.output().get());

        Batch batch = round.untilEnd(id);

        assertThat(batch.outputFile()).isEqualTo(before.output());
        assertThat(batch.errorFile()).isEqualTo(before.error());
        assertThat(round.text(batch.outputFile().get())).isEqualTo(text);
        assertThat(round.files.list(Round.OWNER, Optional.empty(), true, Optional.empty(), 10))
                .hasSize(3);
    }

    @Test
    void countsStayExactWhenTheyAreAddedUp() {
        BatchId id = round.split(60);
        for (Attempt attempt : round.engine.take(55)) {
            round.engine.complete(attempt, DONE);
        }

        round.engine.tally().merge(id.text());

        assertThat(round.engine.rows("SELECT id FROM batch_tally")).hasSize(1);
        assertThat(round.find(id).ended()).isEqualTo(new Tally.Counts(55, 0, 0));
    }

    @Test
    void aResultThatComesTwiceCountsOnce() {
        BatchId id = round.split(2);
        Attempt taken = round.engine.take(1).get(0);

        round.engine.complete(taken, DONE);
        assertThat(round.engine.complete(taken, DONE)).isEqualTo(Completion.SAME);

        assertThat(round.find(id).ended()).isEqualTo(new Tally.Counts(1, 0, 0));
    }

    @Test
    void theSameRequestWithTheSameKeyIsTheSameBatch() {
        NewBatch wanted = wanted(new byte[32]);

        BatchTable.Created first = round.table.insert(BatchId.random(), wanted);
        BatchTable.Created again = round.table.insert(BatchId.random(), wanted);

        assertThat(first.before()).isFalse();
        assertThat(again.before()).isTrue();
        assertThat(again.batch().id()).isEqualTo(first.batch().id());
        byte[] other = new byte[32];
        other[0] = 1;
        assertThatThrownBy(() -> round.table.insert(BatchId.random(), wanted(other)))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("Idempotency-Key");
        round.engine.run("UPDATE batch SET created_at = created_at - 86400000");
        assertThat(round.table.insert(BatchId.random(), wanted(other)).before()).isFalse();
    }

    private static NewBatch wanted(byte[] request) {
        return new NewBatch(
                Round.OWNER,
                "file-x",
                "/v1/responses",
                "24h",
                Duration.ofHours(24),
                null,
                Optional.empty(),
                null,
                null,
                null,
                Optional.of(new NewBatch.Once("k", request)));
    }

    @Test
    void failedLinesAreRunAgainAsABatchOfTheirOwn() {
        BatchId id = round.split(3);
        List<Attempt> taken = round.engine.take(3);
        round.engine.complete(taken.get(0), BAD);
        round.engine.complete(taken.get(1), DONE);
        round.engine.giveUp(taken.get(2));
        Batch batch = round.untilEnd(id);

        NewBatch again = new Again(round.files, new Validator.Limits(10, 10, 1 << 20, 100)).of(batch, Optional.empty());

        assertThat(round.text(new FileId(again.inputFile()))).isEqualTo(Round.line(1) + Round.line(3));
        assertThat(again.retryOf()).isEqualTo(id.text());
    }

    @Test
    void aClaimIsRenewedHoweverLongOnePieceOfWorkTakes() {
        BatchId id = round.create(Round.input(1));
        Batch claimed = round.claimed(id);
        try (Hold hold = new Hold(round.table, claimed, round.engine.scheduler())) {
            round.engine.run("UPDATE batch SET claimed_until = 1");
            eventually(() -> assertThat(round.engine.rows("SELECT id FROM batch WHERE claimed_until > 1"))
                    .hasSize(1));
            hold.check();

            round.claimed(id);
            eventually(() -> assertThatThrownBy(hold::check).isInstanceOf(Hold.Lost.class));
        }
    }

    private static void eventually(Runnable assertion) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (true) {
            try {
                assertion.run();
                return;
            } catch (AssertionError notYet) {
                if (System.nanoTime() > deadline) {
                    throw notYet;
                }
                LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            }
        }
    }

    @Test
    void whatRedisDidNotHearOfAPauseTheNextLookTellsIt() {
        BatchId id = round.split(2);
        int queue = round.engine.queue().number();

        round.table.pause(id, batch -> true, true);
        look(id);
        assertThat(round.engine.take(1)).isEmpty();

        round.table.pause(id, batch -> true, false);
        look(id);
        assertThat(round.engine.take(1)).hasSize(1);

        round.engine.groups().stop(queue, id.text()).toCompletableFuture().join();
        look(id);
        assertThat(round.engine.take(1)).hasSize(1);
    }

    private void look(BatchId id) {
        do {
            round.engine.run("UPDATE batch SET next_at = 0, claimed_until = 0");
        } while (round.caretaker.runOnce() == 0);
        assertThat(round.find(id).state()).isEqualTo(BatchState.IN_PROGRESS);
    }

    @Test
    void resultsAreReadByTheMegabyte() {
        BatchId id = round.split(5);
        String large = "{\"status_code\":200,\"body\":{\"text\":\"" + "x".repeat(1_500_000) + "\"}}";
        round.engine.take(5).forEach(attempt -> round.engine.complete(attempt, large));

        List<Integer> pages = new ArrayList<>();
        int last = 0;
        for (List<Lines.Line> page; !(page = round.engine.lines().ended(id.text(), last)).isEmpty(); ) {
            pages.add(page.size());
            last = page.get(page.size() - 1).number();
        }

        assertThat(pages).containsExactly(2, 2, 1);
        assertThat(last).isEqualTo(5);
    }

    @Test
    void resultsComeInTheOrderOfLines() {
        BatchId id = round.split(2_000);
        for (List<Attempt> some; !(some = round.engine.take(500)).isEmpty(); ) {
            round.engine.complete(some, DONE);
        }

        Batch batch = round.untilEnd(id);

        assertThat(round.lines(batch.outputFile()).stream()
                        .map(line -> line.get("custom_id").asText()))
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, 2_000).mapToObj(i -> "c" + i).toList());
    }
}
