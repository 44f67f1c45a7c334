package io.carillon.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.file.FileId;
import io.carillon.file.Purpose;
import io.carillon.file.StoredFile;
import io.carillon.platform.database.DatabaseFailure;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.Json;
import io.carillon.platform.json.RawJson;
import io.carillon.queue.QueueName;
import io.carillon.quota.Limits;
import io.carillon.quota.Quota;
import io.carillon.security.AllowedQueues;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.Attempt;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client is told and what a key may use, on real stores. */
class BatchesTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String DONE = "{\"status_code\":200,\"body\":{}}";
    private static final String BAD = "{\"status_code\":400,\"body\":{}}";
    private static final Caller CALLER = new Caller(Round.OWNER, "test", Set.of(Role.PRODUCER), AllowedQueues.ALL);

    private Round round;

    @BeforeEach
    void open(@TempDir Path directory) throws IOException {
        round = open(directory, Limits.NONE);
    }

    private static Round open(Path directory, Limits limits) throws IOException {
        Round opened = new Round(directory, Duration.ZERO, limits);
        opened.engine.run("DELETE FROM quota_usage");
        // steps are done when a test says so, not when a batch is created
        opened.caretaker.stop();
        return opened;
    }

    private void limit(Path directory, Limits limits) throws IOException {
        round.close();
        round = open(directory, limits);
    }

    @AfterEach
    void close() {
        round.close();
    }

    private NewBatch wanted(String file, String endpoint, String window, String queue) {
        return new NewBatch(
                Round.OWNER,
                file,
                endpoint,
                window,
                NewBatch.life(window).orElseThrow(),
                null,
                Optional.empty(),
                queue,
                null,
                null,
                Optional.empty());
    }

    private Batch create(String file) {
        return round.batches.create(
                wanted(file, CHAT, "24h", round.engine.queue().name().text()), CALLER);
    }

    private Batch createOf(int lines) {
        return create(round.file(Round.input(lines)).id().text());
    }

    private static Refused refused(ThrowingCallable call) {
        Refused refused = catchThrowableOfType(Refused.class, call);
        assertThat(refused).isNotNull();
        return refused;
    }

    private void assertInvalid(String parameter, NewBatch wanted, Caller caller) {
        Refused refused = refused(() -> round.batches.create(wanted, caller));
        assertThat(refused.reason()).isEqualTo(Reason.INVALID);
        assertThat(refused.code()).contains("invalid_value");
        assertThat(refused.parameter()).contains(parameter);
        assertThat(round.engine.rows("SELECT id FROM batch")).isEmpty();
    }

    private String used(Quota quota) {
        return round.engine
                .rows("SELECT used FROM quota_usage WHERE key_id = ? AND quota = ?", Round.OWNER, quota.text())
                .get(0);
    }

    private Batch end(BatchId id, BatchState as) {
        switch (as) {
            case COMPLETED -> {
                round.until(id, batch -> batch.total() > 0 && batch.isSplit());
                round.engine.take(10).forEach(attempt -> round.engine.complete(attempt, DONE));
            }
            case CANCELLED -> round.batches.cancel(id.text(), CALLER);
            case EXPIRED -> round.engine.run("UPDATE batch SET expires_at = created_at WHERE id = '" + id + "'");
            default -> throw new IllegalArgumentException(as.word());
        }
        Batch batch = round.untilEnd(id);
        assertThat(batch.state()).isEqualTo(as);
        return batch;
    }

    // --- create

    @ParameterizedTest
    @ValueSource(strings = {"no queue", "missing"})
    void aNamedQueueMustBeRegistered(String queue) {
        assertInvalid("X-BELLA-QUEUE-NAME", wanted("file-x", CHAT, "24h", queue), CALLER);
    }

    @Test
    void theLongestMetadataIsKept() {
        Map<String, String> most = new TreeMap<>();
        for (int i = 10; i < 26; i++) {
            most.put("\uD83D\uDE00".repeat(62) + i, "\uD83D\uDE00".repeat(512));
        }
        RawJson metadata = Json.raw(most);
        NewBatch plain =
                wanted("file-1", CHAT, "24h", round.engine.queue().name().text());

        Batch batch = round.batches.create(
                new NewBatch(
                        plain.owner(),
                        plain.inputFile(),
                        plain.endpoint(),
                        plain.window(),
                        plain.life(),
                        metadata,
                        plain.outputLife(),
                        plain.wantedQueue(),
                        null,
                        null,
                        Optional.empty()),
                CALLER);

        assertThat(round.batches.get(batch.id().text(), CALLER).metadata()).isEqualTo(metadata);
    }

    @Test
    void aNamedQueueMustBeTheKeys() {
        Caller other = new Caller(Round.OWNER, "test", Set.of(Role.PRODUCER), new AllowedQueues(List.of("another")));
        String queue = round.engine.queue().name().text();

        Refused refused = refused(() -> round.batches.create(wanted("file-x", CHAT, "24h", queue), other));

        assertThat(refused.reason()).isEqualTo(Reason.FORBIDDEN);
        assertThat(round.engine.rows("SELECT id FROM batch")).isEmpty();
    }

    @Test
    void anEndpointIsServedWhenAQueueIsRegisteredForIt() {
        String endpoint = "/v1/workflow-" + UUID.randomUUID().toString().substring(0, 8);
        assertInvalid("endpoint", wanted("file-x", endpoint, "24h", null), CALLER);

        round.engine.queues().register(new QueueName(endpoint.substring(4)), endpoint, Round.OWNER);

        Batch batch = round.batches.create(wanted("file-x", endpoint, "24h", null), CALLER);
        assertThat(batch.state()).isEqualTo(BatchState.VALIDATING);
        assertThat(batch.endpoint()).isEqualTo(endpoint);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "BATCH")
    void aFileOfAnotherPurposeIsRefused(Purpose purpose) {
        String file = round.file(Round.input(1), purpose).id().text();

        assertInvalid("input_file_id", wanted(file, CHAT, "24h", null), CALLER);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file-absent", "", "no id: ü😀 '/", "long"})
    void aFileThatDoesNotExistFailsTheBatchAfterItWasCreated(String name) throws IOException {
        String file = name.equals("long") ? "😀".repeat(512) : name;

        Batch created = create(file);
        Batch batch = round.untilEnd(created.id());

        assertThat(created.state()).isEqualTo(BatchState.VALIDATING);
        assertThat(batch.inputFile()).isEqualTo(file);
        assertThat(batch.state()).isEqualTo(BatchState.FAILED);
        JsonNode error = Json.mapper().readTree(batch.errors().text()).get(0);
        assertThat(error.get("code").asText()).isEqualTo("invalid_request");
        assertThat(error.get("line").isNull()).isTrue();
        assertThat(error.get("param").asText()).isEqualTo("file_id");
        assertThat(error.get("message").asText()).contains("Cannot find file " + file + ",");
    }

    @ParameterizedTest
    @CsvSource({"24h,86400", "90m,5400", "2h,7200", "30d,2592000"})
    void itExpiresWhenItsWindowIsOver(String window, long seconds) {
        Batch batch = round.batches.create(wanted("file-x", CHAT, window, null), CALLER);

        assertThat(batch.window()).isEqualTo(window);
        assertThat(Duration.between(batch.created(), batch.expires())).hasSeconds(seconds);
    }

    // --- quotas

    @ParameterizedTest
    @EnumSource(names = {"COMPLETED", "CANCELLED", "EXPIRED"})
    void whatABatchUsedComesBackWhenItEnds(BatchState end, @TempDir Path other) throws IOException {
        limit(other, Limits.NONE.with(Quota.LIVE_BATCHES, 1L).with(Quota.QUEUED_REQUESTS, 3L));
        Batch first = createOf(3);
        round.until(first.id(), batch -> batch.state() == BatchState.IN_PROGRESS);

        Refused full = refused(() -> createOf(1));
        assertThat(full.reason()).isEqualTo(Reason.FULL);
        assertThat(full.code()).contains("rate_limit_exceeded");
        assertThat(full.retryAfter()).isPresent();
        end(first.id(), end);

        assertThat(used(Quota.LIVE_BATCHES)).isEqualTo("0");
        assertThat(used(Quota.QUEUED_REQUESTS)).isEqualTo("0");
        Batch next = createOf(3);
        round.until(next.id(), batch -> batch.state() == BatchState.IN_PROGRESS);
        assertThat(used(Quota.LIVE_BATCHES)).isEqualTo("1");
        assertThat(used(Quota.QUEUED_REQUESTS)).isEqualTo("3");
    }

    @Test
    void aBatchOfTooManyRequestsFailsAndNamesItsModelAndTheLimit(@TempDir Path other) throws IOException {
        limit(other, Limits.NONE.with(Quota.LIVE_BATCHES, 2L).with(Quota.QUEUED_REQUESTS, 3L));
        Batch first = createOf(2);
        round.until(first.id(), batch -> batch.state() == BatchState.IN_PROGRESS);

        Batch batch = round.untilEnd(createOf(2).id());

        assertThat(batch.state()).isEqualTo(BatchState.FAILED);
        assertThat(batch.errors().text())
                .contains("\"code\":\"token_limit_exceeded\"", "\"line\":null", "\"param\":null")
                .contains("model 'm'")
                .containsPattern("\\b3\\b");
        assertThat(batch.total()).isZero();
        assertThat(round.tasks(batch.id())).isZero();
        assertThat(used(Quota.LIVE_BATCHES)).isEqualTo("1");
        assertThat(used(Quota.QUEUED_REQUESTS)).isEqualTo("2");
    }

    // --- retry

    @Test
    void onlyAnEndedBatchWithAnErrorFileAndItsInputIsRetried() {
        Batch live = createOf(1);
        assertNoRetry(live, "validating");
        assertNoRetry(end(live.id(), BatchState.COMPLETED), "error file");

        StoredFile input = round.file(Round.input(2));
        Batch batch = create(input.id().text());
        round.until(batch.id(), now -> now.total() > 0 && now.isSplit());
        round.engine.take(5).forEach(attempt -> round.engine.complete(attempt, BAD));
        Batch ended = round.untilEnd(batch.id());
        assertThat(round.files.delete(input.id(), Round.OWNER)).isTrue();
        assertNoRetry(ended, "input file is gone");
    }

    private void assertNoRetry(Batch batch, String why) {
        Refused refused = refused(() -> round.batches.retry(batch.id().text(), CALLER, Optional.empty()));
        assertThat(refused.reason()).isEqualTo(Reason.CONFLICT);
        assertThat(refused.getMessage()).contains(why);
    }

    @ParameterizedTest
    @EnumSource(names = {"CANCELLED", "EXPIRED"})
    void linesThatWereWithdrawnAreRunAgain(BatchState end) {
        Batch batch = createOf(3);
        round.until(batch.id(), now -> now.total() > 0 && now.isSplit());
        Attempt first = round.engine.take(1).get(0);
        round.engine.complete(first, DONE);
        end(batch.id(), end);
        NewBatch.Once once = new NewBatch.Once("k" + end, new byte[32]);

        Batch again = round.batches.retry(batch.id().text(), CALLER, Optional.of(once));

        assertThat(again.id()).isNotEqualTo(batch.id());
        assertThat(again.retryOf()).isEqualTo(batch.id().text());
        assertThat(round.text(new FileId(again.inputFile()))).isEqualTo(Round.line(2) + Round.line(3));
        int files = round.engine.rows("SELECT id FROM stored_file").size();
        assertThat(round.batches
                        .retry(batch.id().text(), CALLER, Optional.of(once))
                        .id())
                .isEqualTo(again.id());
        assertThat(round.engine.rows("SELECT id FROM stored_file")).hasSize(files);
    }

    /** Whatever each of two does at once, after both have seen that there is no such batch yet. */
    private <V> List<V> twoAtOnce(Callable<V> call) throws Exception {
        CyclicBarrier both = new CyclicBarrier(2);
        round.engine.faults().before("INSERT INTO quota_usage", 2, () -> {
            try {
                both.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                throw new IllegalStateException(e);
            }
        });
        ExecutorService two = Executors.newFixedThreadPool(2);
        try {
            Future<V> first = two.submit(call);
            Future<V> second = two.submit(call);
            return List.of(first.get(60, TimeUnit.SECONDS), second.get(60, TimeUnit.SECONDS));
        } finally {
            two.shutdownNow();
        }
    }

    @Test
    void theSameRequestTwiceAtOnceMakesOneBatch() throws Exception {
        NewBatch plain =
                wanted("file-1", CHAT, "24h", round.engine.queue().name().text());
        NewBatch once = new NewBatch(
                plain.owner(),
                plain.inputFile(),
                plain.endpoint(),
                plain.window(),
                plain.life(),
                null,
                plain.outputLife(),
                plain.wantedQueue(),
                null,
                null,
                Optional.of(new NewBatch.Once("twice", new byte[32])));

        List<BatchId> ids = twoAtOnce(() -> round.batches.create(once, CALLER).id());

        assertThat(ids.get(0)).isEqualTo(ids.get(1));
        assertThat(round.engine.rows("SELECT id FROM batch")).hasSize(1);
        assertThat(used(Quota.LIVE_BATCHES)).isEqualTo("1");
    }

    @Test
    void theSameRetryTwiceAtOnceMakesOneBatchWithOneInput() throws Exception {
        Batch batch = createOf(2);
        round.until(batch.id(), now -> now.total() > 0 && now.isSplit());
        end(batch.id(), BatchState.CANCELLED);
        int files = round.engine.rows("SELECT id FROM stored_file").size();
        Optional<NewBatch.Once> once = Optional.of(new NewBatch.Once("twice", new byte[32]));

        List<BatchId> ids = twoAtOnce(
                () -> round.batches.retry(batch.id().text(), CALLER, once).id());

        assertThat(ids.get(0)).isEqualTo(ids.get(1));
        assertThat(round.files.list(Round.OWNER, Optional.empty(), true, Optional.empty(), 100))
                .hasSize(files + 1);
    }

    @Test
    void aRetryThatTheDatabaseDoesNotTakeLeavesNoInput() {
        Batch batch = createOf(2);
        round.until(batch.id(), now -> now.total() > 0 && now.isSplit());
        end(batch.id(), BatchState.CANCELLED);
        int files = round.engine.rows("SELECT id FROM stored_file").size();
        round.engine.faults().before("INSERT INTO batch ", 1, () -> {
            throw new DatabaseFailure(new SQLException("no"));
        });

        assertThatThrownBy(() -> round.batches.retry(batch.id().text(), CALLER, Optional.empty()))
                .isInstanceOf(DatabaseFailure.class);

        assertThat(round.files.list(Round.OWNER, Optional.empty(), true, Optional.empty(), 100))
                .hasSize(files);
    }

    // --- cancel

    @Test
    void cancelAgainChangesNothingAndFinalizingIsTooLate() {
        Batch batch = createOf(1);
        Batch cancelling = round.batches.cancel(batch.id().text(), CALLER);
        assertThat(cancelling.state()).isEqualTo(BatchState.CANCELLING);
        assertThat(cancelling.cancelling()).isPresent();
        assertThat(round.batches.cancel(batch.id().text(), CALLER)).isEqualTo(cancelling);

        Batch late = createOf(1);
        round.until(late.id(), now -> now.total() > 0 && now.isSplit());
        round.engine.take(5).forEach(attempt -> round.engine.complete(attempt, DONE));
        round.until(late.id(), now -> now.state() == BatchState.FINALIZING);
        Refused refused = refused(() -> round.batches.cancel(late.id().text(), CALLER));
        assertThat(refused.reason()).isEqualTo(Reason.CONFLICT);
        assertThat(refused.getMessage()).isEqualTo("Cannot cancel a batch with status 'finalizing'.");
        assertThat(round.find(late.id()).state()).isEqualTo(BatchState.FINALIZING);
    }

    // --- list

    @Test
    void batchesAreListedNewestFirstWithTheirOwnerOnly() {
        List<BatchId> ids = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ids.add(0, create("file-x").id());
        }
        Caller other = new Caller("ck_other", "other", Set.of(Role.PRODUCER), AllowedQueues.ALL);

        assertThat(listed(CALLER, Optional.empty(), 3)).isEqualTo(ids.subList(0, 3));
        assertThat(listed(CALLER, Optional.of(ids.get(1).text()), 3)).isEqualTo(ids.subList(2, 4));
        assertThat(listed(CALLER, Optional.of(ids.get(3).text()), 3)).isEmpty();
        assertThat(listed(other, Optional.empty(), 3)).isEmpty();
        assertThat(refused(() -> listed(other, Optional.of(ids.get(0).text()), 3))
                        .parameter())
                .contains("after");
    }

    private List<BatchId> listed(Caller caller, Optional<String> after, int most) {
        return round.batches.list(caller, after, most).stream().map(Batch::id).toList();
    }

    // --- files

    @Test
    void resultFilesAreCalledLikeTheirBatch() {
        Batch created = createOf(2);
        round.until(created.id(), now -> now.total() > 0 && now.isSplit());
        List<Attempt> taken = round.engine.take(2);
        round.engine.complete(taken.get(0), DONE);
        round.engine.complete(taken.get(1), BAD);
        Batch batch = round.untilEnd(created.id());

        assertResultFile(batch.outputFile(), batch.id() + "_output.jsonl");
        assertResultFile(batch.errorFile(), batch.id() + "_error.jsonl");
    }

    private void assertResultFile(Optional<FileId> id, String name) {
        StoredFile file = round.files.find(id.orElseThrow(), Round.OWNER).orElseThrow();
        assertThat(file.name()).isEqualTo(name);
        assertThat(file.purpose()).isEqualTo(Purpose.BATCH_OUTPUT);
    }
}
