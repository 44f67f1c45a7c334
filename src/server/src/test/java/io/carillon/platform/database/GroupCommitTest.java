package io.carillon.platform.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Refused;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GroupCommitTest {
    private final Deque<Runnable> work = new ConcurrentLinkedDeque<>();
    private final List<List<Integer>> written = Collections.synchronizedList(new ArrayList<>());
    private final ExecutorService threads = Executors.newFixedThreadPool(4);

    @AfterEach
    void close() {
        threads.shutdownNow();
    }

    private List<String> write(List<Integer> rows) {
        written.add(List.copyOf(rows));
        return rows.stream().map(row -> "row " + row).toList();
    }

    private GroupCommit<Integer, String> commit(Function<List<Integer>, List<String>> writer) {
        return new GroupCommit<>(work::add, row -> 100, writer);
    }

    private void runWork() {
        while (!work.isEmpty()) {
            work.poll().run();
        }
    }

    private static List<Integer> upTo(int end) {
        return IntStream.range(0, end).boxed().toList();
    }

    private static String answer(CompletionStage<String> stage) throws Exception {
        return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void whatWaitsSharesOneCommitAndEachGetsItsOwnAnswer() throws Exception {
        GroupCommit<Integer, String> commit = commit(this::write);
        List<CompletionStage<String>> answers =
                upTo(3).stream().map(commit::write).toList();
        runWork();

        assertThat(written).containsExactly(List.of(0, 1, 2));
        for (int i = 0; i < 3; i++) {
            assertThat(answer(answers.get(i))).isEqualTo("row " + i);
        }
    }

    @Test
    void whoeverCameTogetherIsExpectedTogetherAgain() throws Exception {
        GroupCommit<Integer, String> commit = patient(Duration.ofMinutes(1));
        upTo(3).forEach(commit::write);
        runWork();

        CompletionStage<String> first = commit.write(10);
        CompletableFuture<Thread> gatherer = new CompletableFuture<>();
        Future<?> running = threads.submit(() -> {
            gatherer.complete(Thread.currentThread());
            runWork();
        });
        while (gatherer.get(10, TimeUnit.SECONDS).getState() != Thread.State.TIMED_WAITING) {
            assertThat(written).hasSize(1);
        }
        commit.write(11);
        commit.write(12);
        running.get(10, TimeUnit.SECONDS);

        assertThat(written).containsExactly(List.of(0, 1, 2), List.of(10, 11, 12));
        assertThat(answer(first)).isEqualTo("row 10");
    }

    @Test
    void whoeverStaysAwayIsNotAwaitedForLongAndNotAgain() {
        GroupCommit<Integer, String> commit = patient(Duration.ofMillis(100));
        upTo(3).forEach(commit::write);
        runWork();

        long start = System.nanoTime();
        commit.write(10);
        runWork();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(100));
        commit.write(11);
        runWork();

        assertThat(written).containsExactly(List.of(0, 1, 2), List.of(10), List.of(11));
    }

    private GroupCommit<Integer, String> patient(Duration patience) {
        return new GroupCommit<>(work::add, row -> 100, this::write, patience);
    }

    @Test
    void aGroupHasAtMostFiveHundredRows() {
        GroupCommit<Integer, String> commit = commit(this::write);
        upTo(1001).forEach(commit::write);
        runWork();

        assertThat(written).extracting(List::size).containsExactly(500, 500, 1);
        assertThat(written.stream().flatMap(List::stream)).isEqualTo(upTo(1001));
    }

    @Test
    void aGroupHasAtMostFourMegabytesUnlessOneRowHasMore() {
        GroupCommit<Integer, String> commit = new GroupCommit<>(work::add, row -> row << 20, this::write);
        List.of(3, 1, 2, 9, 1).forEach(commit::write);
        runWork();

        assertThat(written).containsExactly(List.of(3, 1), List.of(2), List.of(9), List.of(1));
    }

    @Test
    void oneBadRowFailsAlone() throws Exception {
        GroupCommit<Integer, String> commit = commit(rows -> {
            if (rows.contains(1)) {
                throw new DatabaseFailure(new SQLException("Data too long"));
            }
            return write(rows);
        });
        List<CompletionStage<String>> answers =
                upTo(3).stream().map(commit::write).toList();
        runWork();

        assertThat(answer(answers.get(0))).isEqualTo("row 0");
        assertThat(answer(answers.get(2))).isEqualTo("row 2");
        assertThatThrownBy(() -> answer(answers.get(1))).hasCauseInstanceOf(DatabaseFailure.class);
    }

    @Test
    void rowsOfOneCallerShareACommitWithOthersAndKeepTheirOrder() throws Exception {
        GroupCommit<Integer, String> commit = commit(this::write);
        CompletionStage<String> before = commit.write(-1);
        CompletionStage<List<Outcome<String>>> many = commit.writeAll(upTo(3));
        runWork();

        assertThat(written).containsExactly(List.of(-1, 0, 1, 2));
        assertThat(answer(before)).isEqualTo("row -1");
        assertThat(many.toCompletableFuture().get())
                .extracting(Outcome::value)
                .containsExactly("row 0", "row 1", "row 2");
    }

    @Test
    void moreRowsThanATransactionMayHaveAreWrittenInSeveral() throws Exception {
        GroupCommit<Integer, String> commit = commit(this::write);
        commit.write(-1);
        CompletionStage<List<Outcome<String>>> many = commit.writeAll(upTo(1200));
        runWork();

        assertThat(written).extracting(List::size).containsExactly(1, 500, 500, 200);
        assertThat(many.toCompletableFuture().get())
                .extracting(Outcome::value)
                .containsExactlyElementsOf(
                        upTo(1200).stream().map(row -> "row " + row).toList());
    }

    @Test
    void rowsOfOneCallerSucceedAndFailAlone() throws Exception {
        GroupCommit<Integer, String> commit = commit(rows -> {
            if (rows.contains(1)) {
                throw new DatabaseFailure(new SQLException("Data too long"));
            }
            if (rows.equals(List.of(2))) {
                throw new IllegalStateException("gone");
            }
            return write(rows);
        });
        CompletionStage<List<Outcome<String>>> many = commit.writeAll(upTo(4));
        runWork();

        List<Outcome<String>> outcomes = many.toCompletableFuture().get();
        assertThat(outcomes).extracting(Outcome::value).containsExactly("row 0", null, null, "row 3");
        assertThat(outcomes.get(1).failure()).isInstanceOf(DatabaseFailure.class);
        assertThat(outcomes.get(2).failure()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aCommitWithAnUnknownOutcomeIsTriedOnceMore() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        GroupCommit<Integer, String> commit = commit(rows -> {
            if (tries.incrementAndGet() == 1) {
                throw new CommitUnknown(new SQLException("gone"));
            }
            return write(rows);
        });
        CompletionStage<String> answer = commit.write(1);
        runWork();

        assertThat(answer(answer)).isEqualTo("row 1");
        assertThat(tries).hasValue(2);
    }

    @Test
    void aCommitWhoseOutcomeStaysUnknownFails() {
        AtomicInteger tries = new AtomicInteger();
        GroupCommit<Integer, String> commit = commit(rows -> {
            tries.incrementAndGet();
            throw new CommitUnknown(new SQLException("gone"));
        });
        CompletionStage<String> answer = commit.write(1);
        runWork();

        assertThatThrownBy(() -> answer(answer))
                .hasCauseInstanceOf(Refused.class)
                .hasMessageContaining("The database cannot be reached");
        assertThat(tries).hasValue(2);
    }

    @Test
    void aFailureOfOneGroupDoesNotReachTheNext() throws Exception {
        GroupCommit<Integer, String> commit = new GroupCommit<>(work::add, row -> 4 << 20, rows -> {
            if (rows.contains(0)) {
                throw new IllegalStateException("broken");
            }
            return write(rows);
        });
        CompletionStage<String> bad = commit.write(0);
        CompletionStage<String> good = commit.write(1);
        runWork();

        assertThatThrownBy(() -> answer(bad)).hasCauseInstanceOf(IllegalStateException.class);
        assertThat(answer(good)).isEqualTo("row 1");
    }

    @Test
    void anErrorOfTheWriterIsAnsweredAndStopsNobody() throws Exception {
        GroupCommit<Integer, String> commit = new GroupCommit<>(work::add, row -> 4 << 20, rows -> {
            if (rows.contains(0)) {
                throw new StackOverflowError();
            }
            return write(rows);
        });
        CompletionStage<String> bad = commit.write(0);
        CompletionStage<String> good = commit.write(1);
        runWork();

        assertThatThrownBy(() -> answer(bad)).hasCauseInstanceOf(StackOverflowError.class);
        assertThat(answer(good)).isEqualTo("row 1");
    }

    @Test
    void whenTheExecutorTakesNothingMoreEverybodyIsTold() {
        AtomicInteger closed = new AtomicInteger(1);
        GroupCommit<Integer, String> commit = new GroupCommit<>(
                task -> {
                    if (closed.get() == 1) {
                        throw new RejectedExecutionException("closed");
                    }
                    task.run();
                },
                row -> 1,
                this::write);

        assertThatThrownBy(() -> answer(commit.write(1))).hasCauseInstanceOf(RejectedExecutionException.class);
        closed.set(0);
        assertThat(commit.write(2).toCompletableFuture()).isCompletedWithValue("row 2");
    }

    @Test
    void nobodyIsForgottenWhenManyWriteAtOnce() throws Exception {
        GroupCommit<Integer, String> commit = new GroupCommit<>(threads, row -> 100, this::write);
        int writers = 8;
        int each = 5_000;
        ExecutorService many = Executors.newFixedThreadPool(writers);
        try {
            CountDownLatch begin = new CountDownLatch(1);
            List<CompletableFuture<Void>> done = new ArrayList<>();
            for (int w = 0; w < writers; w++) {
                int first = w * each;
                done.add(CompletableFuture.runAsync(
                        () -> {
                            try {
                                begin.await();
                                for (int i = 0; i < each; i++) {
                                    // Half of them one by one, so that the committer often falls idle.
                                    CompletionStage<String> answer = commit.write(first + i);
                                    if (i % 2 == 0) {
                                        assertThat(answer(answer)).isEqualTo("row " + (first + i));
                                    }
                                }
                            } catch (Exception failure) {
                                throw new CompletionException(failure);
                            }
                        },
                        many));
            }
            begin.countDown();
            for (CompletableFuture<Void> one : done) {
                one.get(30, TimeUnit.SECONDS);
            }
            commit.write(-1).toCompletableFuture().get(10, TimeUnit.SECONDS);
        } finally {
            many.shutdownNow();
        }

        assertThat(written.stream()
                        .flatMap(List::stream)
                        .filter(row -> row >= 0)
                        .sorted())
                .isEqualTo(upTo(writers * each));
    }
}
