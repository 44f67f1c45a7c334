package io.carillon.task;

import static io.carillon.task.Engine.DONE;
import static io.carillon.task.Engine.OTHER;
import static io.carillon.task.TaskAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.database.DatabaseFailure;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.RawJson;
import io.carillon.queue.Queue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TasksTest {
    private Engine engine;

    @BeforeEach
    void start() {
        engine = Engine.start();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Nested
    class Put {
        @Test
        void tasksOfWhichSomeAreOnDiskAlreadyAreAllThereAfterwards() {
            List<StoredTask> tasks = IntStream.range(1, 4)
                    .mapToObj(place ->
                            new StoredTask(Task.of(engine.aTask().make(), place, System.currentTimeMillis() + 60_000)))
                    .toList();
            engine.table.insert(tasks.subList(1, 2));
            engine.run("UPDATE task SET trace_id = 'first' WHERE id = '"
                    + tasks.get(1).task().id() + "'");

            engine.table.insert(tasks);

            assertThat(tasks)
                    .extracting(stored -> engine.table
                            .find(stored.task().id())
                            .map(Task::specification)
                            .map(Specification::traceId))
                    .containsExactly(Optional.empty(), Optional.of("first"), Optional.empty());
        }

        @Test
        void anOfflineTaskIsOnDiskWhenItsPutIsDone() {
            TaskId id = engine.aTask()
                    .level(4)
                    .data("{\"n\":1.50,\"x\":null}")
                    .traced("t-1")
                    .inBatch("b", "c")
                    .put();

            Task row = engine.table.find(id).orElseThrow();
            assertThat(row).isWaiting().onAttempt(0);
            assertThat(row.data().text()).isEqualTo("{\"n\":1.50,\"x\":null}");
            assertThat(row.specification().traceId()).isEqualTo("t-1");
            assertThat(row.specification().batchId()).isEqualTo("b");
            assertThat(row.specification().customId()).isEqualTo("c");
            assertThat(row.expires()).isEqualTo(row.acceptedMillis() + 3_600_000);
            assertThat(engine.aTake().from(engine.first(), 4).takeIds()).containsExactly(id);
        }

        @Test
        void whatIsPutTogetherComesToRedisAfterWhatItFollows() {
            CompletableFuture<Void> before = new CompletableFuture<>();
            List<NewTask> lines = IntStream.range(0, 250)
                    .mapToObj(i -> engine.aTask().level(1).make())
                    .toList();
            CompletionStage<Void> added =
                    engine.tasks.putTogether(lines, before, connection -> true).orElseThrow();

            assertThat(engine.table.find(lines.get(0).id()).orElseThrow()).isWaiting();
            assertThat(engine.aTake().from(engine.first(), 1).takeIds()).isEmpty();

            before.complete(null);
            Waiting.on(added);
            assertThat(engine.aTake().from(engine.first(), 1).size(1000).takeIds())
                    .containsExactlyElementsOf(lines.stream().map(NewTask::id).toList());
        }

        @Test
        void anOnlineTaskIsInRedisOnly() {
            TaskId id = engine.aTask().online().put();

            assertThat(engine.table.find(id)).isEmpty();
            assertThat(engine.find(id)).isWaiting();
        }

        @Test
        void manyPutsAtOnceKeepTheirPlacesApartInEveryQueue() {
            Queue other = engine.queue();
            List<CompletionStage<Void>> puts = new ArrayList<>();
            List<TaskId> ids = new ArrayList<>();
            for (int i = 0; i < 600; i++) {
                NewTask task = engine.aTask()
                        .of(i % 3 == 0 ? other : engine.first())
                        .level(1 + i % 2)
                        .make();
                ids.add(task.id());
                puts.add(engine.tasks.put(task));
            }
            Waiting.on(Stages.all(puts));

            for (Queue queue : List.of(engine.first(), other)) {
                for (int level = 1; level <= 2; level++) {
                    List<TaskId> expected = new ArrayList<>();
                    for (TaskId id : ids) {
                        if (id.queue() == queue.number() && id.level().value() == level) {
                            expected.add(id);
                        }
                    }
                    List<TaskId> taken =
                            engine.aTake().from(queue, level).size(1000).takeIds();
                    assertThat(taken).containsExactlyInAnyOrderElementsOf(expected);
                    assertThat(taken)
                            .extracting(
                                    id -> engine.table.find(id).orElseThrow().accepted())
                            .isSorted()
                            .doesNotHaveDuplicates();
                }
            }
            assertThat(engine.faults.commits()).isLessThan(10_000);
        }

        @ParameterizedTest
        @ValueSource(booleans = {false, true})
        void aPutWhoseCommitHadAnUnknownOutcomeIsThereOnce(boolean committed) {
            if (committed) {
                engine.faults.loseAnswerOfNextCommit();
            } else {
                engine.faults.loseNextCommit();
            }
            TaskId id = engine.aTask().put();

            assertThat(engine.rows("SELECT id FROM task")).containsExactly(id.text());
            assertThat(engine.aTake().size(5).takeIds()).containsExactly(id);
        }

        @Test
        void aTaskThatDoesNotFitFailsAlone() {
            NewTask good = engine.aTask().make();
            NewTask bad = engine.aTask().traced("t".repeat(200)).make();
            NewTask alsoGood = engine.aTask().make();
            CompletionStage<Void> first = engine.tasks.put(good);
            CompletionStage<Void> second = engine.tasks.put(bad);
            CompletionStage<Void> third = engine.tasks.put(alsoGood);

            Waiting.on(first);
            Waiting.on(third);
            assertThatThrownBy(() -> Waiting.on(second)).isInstanceOf(DatabaseFailure.class);
            assertThat(engine.lookFor(bad.id())).isEmpty();
            assertThat(engine.aTake().size(5).takeIds()).containsExactly(good.id(), alsoGood.id());
        }

        @Test
        void aFullQueueRefusesOnlineTasksAndNoOthers() {
            engine.close();
            engine = Engine.startWithCapacity(2);
            engine.aTask().online().put(2);
            NewTask third = engine.aTask().online().make();

            assertThatThrownBy(() -> Waiting.on(engine.tasks.put(third)))
                    .isInstanceOfSatisfying(Refused.class, full -> {
                        assertThat(full.reason()).isEqualTo(Reason.FULL);
                        assertThat(full.retryAfter()).isPresent();
                    });
            assertThat(engine.lookFor(third.id())).isEmpty();
            engine.aTask().put(3);
            engine.aTake().online().take();
            Waiting.on(engine.tasks.put(third));
        }
    }

    @Nested
    class End {
        @ParameterizedTest
        @ValueSource(ints = {0, 1})
        void theFirstOfManyResultsWins(int level) {
            TaskId id = engine.aTask().level(level).callingBack().put();
            engine.aTake().from(engine.first(), level).take();
            List<CompletionStage<Completion>> ends = IntStream.range(0, 50)
                    .mapToObj(i -> engine.tasks.complete(id, OptionalInt.empty(), RawJson.of("{\"n\":" + i + "}")))
                    .toList();
            List<Completion> answers = Waiting.on(Stages.all(ends));

            assertThat(answers).containsOnlyOnce(Completion.ACCEPTED);
            assertThat(answers).filteredOn(Completion.REFUSED::equals).hasSize(49);
            RawJson winner = RawJson.of("{\"n\":" + answers.indexOf(Completion.ACCEPTED) + "}");
            assertThat(engine.find(id)).isSucceeded().hasResult(winner);
            Waiting.until(() -> assertThat(engine.callback(id)).contains(winner.text()));
            Waiting.until(() -> assertThat(engine.ended).hasSize(1));
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1})
        void theSameResultAgainIsTheSameAndFiresNothingTwice(int level) {
            TaskId id = engine.aTask().level(level).callingBack().put();
            engine.aTake().from(engine.first(), level).take();

            assertThat(engine.complete(id)).isEqualTo(Completion.ACCEPTED);
            assertThat(engine.complete(id)).isEqualTo(Completion.SAME);
            assertThat(engine.complete(id, OTHER)).isEqualTo(Completion.REFUSED);
            assertThat(engine.cancel(id)).isFalse();
            assertThat(engine.ended).hasSize(1);
            Waiting.until(() -> assertThat(engine.callback(id)).contains(DONE.text()));
            assertThat(engine.find(id)).isSucceeded().hasResult(DONE);
        }

        @Test
        void aTaskEndsThoughNobodyCanReadWhomItCallsBack() {
            TaskId id = engine.aTask()
                    .callingBack("http://[" + "a".repeat(300) + "]/")
                    .put();
            TaskId named = engine.aTask()
                    .callingBack("http://" + "a".repeat(1_000) + "/")
                    .put();

            assertThat(engine.complete(id)).isEqualTo(Completion.ACCEPTED);
            assertThat(engine.complete(named)).isEqualTo(Completion.ACCEPTED);
            assertThat(engine.find(id)).isSucceeded();
        }

        @Test
        void anOfflineCallbackIsOwedAsSoonAsTheEndIsOnDisk() {
            TaskId id = engine.aTask().callingBack().traced("t-1").put();
            engine.complete(id);

            assertThat(engine.callback(id)).contains(DONE.text());
            assertThat(engine.rows("SELECT trace_id FROM callback")).containsExactly("t-1");
        }

        @Test
        void anOnlineCallbackReachesMariaDbAndIsNotOwedAnyMore() {
            TaskId id = engine.aTask().online().callingBack().put();
            engine.complete(id);

            Waiting.until(() -> {
                assertThat(engine.callback(id)).contains(DONE.text());
                assertThat(engine.left()).doesNotContainKey("owed");
            });
        }

        @Test
        void whoNamedNoAddressIsNotCalledBack() {
            engine.complete(engine.aTask().put());
            engine.complete(engine.aTask().online().put());
            engine.complete(engine.aTask().blocking("here").callingBack().put());

            assertThat(engine.left()).doesNotContainKey("owed");
            assertThat(engine.rows("SELECT task_id FROM callback")).isEmpty();
        }

        @Test
        void anUnknownTaskIsUnknown() {
            assertThat(engine.complete(engine.aTask().make().id())).isEqualTo(Completion.UNKNOWN);
            assertThat(engine.complete(engine.aTask().online().make().id())).isEqualTo(Completion.UNKNOWN);
            assertThat(engine.cancel(engine.aTask().make().id())).isFalse();
            assertThat(engine.ended).isEmpty();
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1})
        void resultOfAnOlderAttemptIsRefused(int level) {
            TaskId id = engine.aTask().level(level).put();
            Attempt old =
                    engine.aTake().from(engine.first(), level).losingTheLease().takeOne();
            engine.reapUntil(() -> assertThat(engine.find(id)).isWaiting());
            Attempt current = engine.aTake().from(engine.first(), level).takeOne();

            assertThat(engine.complete(old, DONE)).isEqualTo(Completion.OLDER_ATTEMPT);
            assertThat(engine.find(id)).isRunning().onAttempt(2);
            assertThat(engine.complete(current, OTHER)).isEqualTo(Completion.ACCEPTED);
            assertThat(engine.find(id)).isSucceeded().hasResult(OTHER);
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1})
        void lateResultWithoutAnAttemptTakesTheRedeliveredCopyOut(int level) {
            TaskId id = engine.aTask().level(level).put();
            engine.aTake().from(engine.first(), level).losingTheLease().take();
            engine.reapUntil(() -> assertThat(engine.find(id)).isWaiting());

            assertThat(engine.complete(id)).isEqualTo(Completion.ACCEPTED);
            assertThat(engine.aTake().from(engine.first(), level).takeIds()).isEmpty();
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1})
        void cancellingCallsNobodyBack(int level) {
            TaskId waiting = engine.aTask().level(level).callingBack().put();
            assertThat(engine.cancel(waiting)).isTrue();
            TaskId running = engine.aTask().level(level).callingBack().put();
            engine.aTake().from(engine.first(), level).take();
            assertThat(engine.cancel(running)).isTrue();

            assertThat(engine.find(waiting)).isCancelled();
            assertThat(engine.find(running)).isCancelled();
            assertThat(engine.complete(running)).isEqualTo(Completion.REFUSED);
            assertThat(engine.find(running).result()).isNull();
            assertThat(engine.rows("SELECT task_id FROM callback")).isEmpty();
            assertThat(engine.ended)
                    .extracting(TaskEnded::state)
                    .containsExactly(TaskState.CANCELLED, TaskState.CANCELLED);
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1})
        void cancellingWaitingTasksOnlyLeavesARunningOneAlone(int level) {
            TaskId id = engine.aTask().level(level).put();
            engine.aTake().from(engine.first(), level).worker("alice").take();
            Waiting.until(() -> assertThat(
                            level == 0 ? engine.find(id) : engine.table.find(id).orElseThrow())
                    .isRunning());

            assertThat(Waiting.on(engine.tasks.cancel(id, "why", true))).isFalse();
            assertThat(engine.find(id)).isRunning();
            assertThat(Waiting.on(
                            engine.tasks.cancel(engine.aTask().level(level).put(), "why", true)))
                    .isTrue();
        }

        @ParameterizedTest
        @ValueSource(booleans = {false, true})
        void anEndWhoseCommitHadAnUnknownOutcomeCountsOnceAndLeavesTheQueue(boolean committed) {
            TaskId id = engine.aTask().callingBack().put();
            if (committed) {
                engine.faults.loseAnswerOfNextCommit();
            } else {
                engine.faults.loseNextCommit();
            }

            assertThat(engine.complete(id)).isIn(Completion.ACCEPTED, Completion.SAME);
            assertThat(engine.find(id)).isSucceeded().hasResult(DONE);
            assertThat(engine.callback(id)).contains(DONE.text());
            assertThat(engine.aTake().takeIds()).isEmpty();
            assertThat(engine.left().keySet()).containsExactlyInAnyOrder("accepted", "counts");
        }

        @Test
        void whatEndedIsToldWithItsTimes() {
            TaskId id = engine.aTask().blocking("here").put();
            engine.aTake().online().take();
            engine.complete(id);

            TaskEnded ended = engine.ended.iterator().next();
            assertThat(ended.id()).isEqualTo(id);
            assertThat(ended.state()).isEqualTo(TaskState.SUCCEEDED);
            assertThat(ended.result()).isEqualTo(DONE);
            assertThat(ended.instance()).isEqualTo("here");
            assertThat(ended.waited()).isBetween(0L, 20_000L);
            assertThat(ended.ran()).isBetween(0L, 20_000L);
        }

        private LeaseNote taken(TaskId id) {
            Delivery delivery = new Delivery(1, -1, -1, "alice", 4_000_000_000_000L, 5_000_000_000_000L, 0);
            return new LeaseNote(id, TaskState.RUNNING, delivery, null, false);
        }

        @Test
        void attemptOfATaskThatEndedBeforeItWasNotedIsKept() {
            TaskId id = engine.aTask().put();
            engine.complete(id);
            engine.leaseNotes.write(List.of(taken(id)));

            Task task = engine.find(id);
            assertThat(task).isSucceeded().onAttempt(1).takenBy("alice");
            assertThat(task.deadline()).isZero();
        }

        @Test
        void anEndWritesTheAttemptThatWasNotNotedYet() {
            TaskId id = engine.aTask().put();
            engine.table.end(
                    List.of(new TaskTable.End(id, TaskState.SUCCEEDED, Engine.DONE, null, true, false, false)),
                    Map.of(id, taken(id)));

            assertThat(engine.table.find(id).orElseThrow())
                    .isSucceeded()
                    .onAttempt(1)
                    .takenBy("alice");
        }

        @Test
        void anEndWithAnOldNoteLeavesTheNewerAttemptInTheRow() {
            TaskId id = engine.aTask().put();
            Delivery second = new Delivery(2, 1, 0, "bob", 4_000_000_000_001L, 5_000_000_000_000L, 0);
            engine.leaseNotes.write(List.of(new LeaseNote(id, TaskState.RUNNING, second, null, false)));
            engine.table.end(
                    List.of(new TaskTable.End(id, TaskState.SUCCEEDED, Engine.DONE, null, true, false, false)),
                    Map.of(id, taken(id)));

            assertThat(engine.table.find(id).orElseThrow())
                    .isSucceeded()
                    .onAttempt(2)
                    .takenBy("bob");
        }

        @Test
        void aNoteThatIsWrittenAgainCountsNoLeaseTwice() {
            TaskId id = engine.aTask().put();
            List<LeaseNote> notes = List.of(
                    taken(id), new LeaseNote(id, TaskState.WAITING, new Delivery(1, 1, 0, null, 0, 0, 0), null, false));
            engine.leaseNotes.write(notes);
            engine.leaseNotes.write(notes);

            assertThat(engine.table.find(id).orElseThrow())
                    .isWaiting()
                    .onAttempt(1)
                    .hasLost(1)
                    .takenBy("alice");
        }
    }

    @Nested
    class Find {
        @ParameterizedTest
        @ValueSource(ints = {0, 1})
        void aRunningTaskShowsWhoHasItAndHowFarItIs(int level) {
            TaskId id = engine.aTask().level(level).put();
            Attempt attempt =
                    engine.aTake().from(engine.first(), level).worker("alice").takeOne();
            RawJson half = RawJson.of("{\"percent\":50}");
            Waiting.on(engine.tasks.progress(id, OptionalInt.of(1), half));

            Task task = engine.find(id);
            assertThat(task).isRunning().onAttempt(1).takenBy("alice").hasProgress(half);
            assertThat(task.started()).isEqualTo(attempt.started());
            assertThat(task.deadline()).isEqualTo(attempt.deadline());
            assertThat(task.data().text()).isEqualTo("{\"model\":\"m\"}");
        }

        @Test
        void anUnknownTaskIsNotFound() {
            assertThat(engine.lookFor(engine.aTask().make().id())).isEmpty();
            assertThat(engine.lookFor(engine.aTask().online().make().id())).isEmpty();
            assertThat(Waiting.on(engine.tasks.watch(engine.aTask().make().id())))
                    .isEmpty();
        }

        @Test
        void attemptAndWorkerAreNotedInMariaDb() {
            TaskId id = engine.aTask().put();
            engine.aTake().worker("alice").take();

            Waiting.until(() -> assertThat(engine.table.find(id).orElseThrow())
                    .isRunning()
                    .onAttempt(1)
                    .takenBy("alice"));
        }
    }

    @Nested
    class Listing {
        private TaskFilter filter(int limit, Task after) {
            return new TaskFilter(
                    Optional.empty(),
                    Optional.empty(),
                    Set.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    limit,
                    Optional.ofNullable(after));
        }

        private List<TaskId> list(TaskFilter filter) {
            return engine.table.list(filter).stream().map(Task::id).toList();
        }

        @Test
        void pagesShowEveryTaskOnceNewestFirst() {
            List<TaskId> ids = new ArrayList<>(engine.aTask().put(25));
            Collections.reverse(ids);
            List<TaskId> seen = new ArrayList<>();
            Task after = null;
            for (List<Task> page; !(page = engine.table.list(filter(7, after))).isEmpty(); ) {
                page.forEach(task -> seen.add(task.id()));
                after = page.get(page.size() - 1);
            }

            assertThat(seen).isEqualTo(ids);
        }

        @Test
        void eachFilterAndItsTwinAgree() {
            Queue other = engine.queue();
            TaskId mine = engine.aTask().by("ck_me").put();
            TaskId batched = engine.aTask().inBatch("batch", "row 50%_\\ 'x'").put();
            TaskId elsewhere = engine.aTask().of(other).put();
            TaskId gone = engine.aTask().put();
            Waiting.on(engine.tasks.cancel(gone, "Nobody wants it", false));
            Instant middle = Instant.ofEpochMilli(engine.find(elsewhere).acceptedMillis());
            List<Task> all = engine.table.list(filter(100, null));
            assertThat(all).hasSize(4);
            TaskFilter every = filter(100, null);

            record Case(TaskFilter filter, List<TaskId> expected) {}
            List<Case> cases = List.of(
                    new Case(with(every, "ck_me", null, Set.of(), null, null), List.of(mine)),
                    new Case(with(every, null, other, Set.of(), null, null), List.of(elsewhere)),
                    new Case(
                            with(every, null, null, Set.of(TaskState.CANCELLED, TaskState.FAILED), null, null),
                            List.of(gone)),
                    new Case(with(every, null, null, Set.of(), "batch", null), List.of(batched)),
                    new Case(with(every, null, null, Set.of(), null, "wants it"), List.of(gone)),
                    new Case(with(every, null, null, Set.of(), null, "50%_\\ 'x"), List.of(batched)),
                    new Case(with(every, null, null, Set.of(), null, "5_"), List.of()),
                    new Case(with(every, "ck_me", other, Set.of(), null, null), List.of()));
            for (Case one : cases) {
                assertThat(list(one.filter())).isEqualTo(one.expected());
                assertThat(all.stream().filter(one.filter()::matches).map(Task::id))
                        .isEqualTo(one.expected());
            }
            TaskFilter from = new TaskFilter(
                    Optional.empty(),
                    Optional.empty(),
                    Set.of(),
                    Optional.empty(),
                    Optional.of(middle),
                    Optional.empty(),
                    Optional.empty(),
                    100,
                    Optional.empty());
            TaskFilter to = new TaskFilter(
                    Optional.empty(),
                    Optional.empty(),
                    Set.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(middle),
                    Optional.empty(),
                    100,
                    Optional.empty());
            assertThat(list(from)).contains(elsewhere, gone);
            assertThat(list(to)).doesNotContain(elsewhere, gone);
            assertThat(all.stream().filter(from::matches).map(Task::id)).isEqualTo(list(from));
            assertThat(all.stream().filter(to::matches).map(Task::id)).isEqualTo(list(to));
        }

        private TaskFilter with(
                TaskFilter every, String owner, Queue queue, Set<TaskState> states, String batch, String text) {
            return new TaskFilter(
                    Optional.ofNullable(owner),
                    Optional.ofNullable(queue),
                    states,
                    Optional.ofNullable(batch),
                    every.from(),
                    every.to(),
                    Optional.ofNullable(text),
                    every.limit(),
                    every.after());
        }
    }

    @Test
    void aTaskLivesAsLongAsItWasToldTo() {
        TaskId id = engine.aTask().living(Duration.ofSeconds(90)).put();

        assertThat(engine.find(id).expires()).isEqualTo(engine.find(id).acceptedMillis() + 90_000);
    }
}
