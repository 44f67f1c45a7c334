package io.carillon.platform.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CoalescerTest {
    /** A call that is under way until the test ends it. */
    private record Call(String line, List<Integer> things, CompletableFuture<List<String>> answer) {
        void end() {
            answer.complete(things.stream().map(thing -> line + thing).toList());
        }
    }

    private final List<Call> calls = new ArrayList<>();
    /** What goes on when others have had their time to come. */
    private final Deque<Runnable> later = new ArrayDeque<>();

    private final Coalescer<String, Integer, String> coalescer = coalescer(1);

    private Coalescer<String, Integer, String> coalescer(int bytes) {
        return new Coalescer<>(Runnable::run, later::add, thing -> bytes, this::call);
    }

    private CompletionStage<List<String>> call(String line, List<Integer> things) {
        Call call = new Call(line, List.copyOf(things), new CompletableFuture<>());
        calls.add(call);
        return call.answer();
    }

    private static <T> T now(CompletionStage<T> stage) {
        return stage.toCompletableFuture().getNow(null);
    }

    @Test
    void whoComesAloneIsAskedForAtOnce() {
        CompletionStage<String> answer = coalescer.ask("a", 1);
        assertThat(calls).extracting(Call::things).containsExactly(List.of(1));
        calls.get(0).end();

        assertThat(now(answer)).isEqualTo("a1");
    }

    @Test
    void whatComesDuringACallSharesTheNextInItsOrderAndEachGetsItsOwnAnswer() {
        coalescer.ask("a", 1);
        CompletionStage<String> second = coalescer.ask("a", 2);
        CompletionStage<List<String>> more = coalescer.ask("a", List.of(3, 4));
        assertThat(calls).hasSize(1);
        calls.get(0).end();

        assertThat(calls.get(1).things()).containsExactly(2, 3, 4);
        calls.get(1).end();
        assertThat(now(second)).isEqualTo("a2");
        assertThat(now(more)).containsExactly("a3", "a4");
    }

    @Test
    void linesDoNotWaitForEachOther() {
        coalescer.ask("a", 1);
        coalescer.ask("b", 2);

        assertThat(calls).extracting(Call::line).containsExactly("a", "b");
    }

    @Test
    void aLineThatWasEmptyBeginsAtOnceAgain() {
        coalescer.ask("a", 1);
        calls.get(0).end();
        coalescer.ask("a", 2);

        assertThat(calls).hasSize(2);
    }

    @Test
    void whoeverSharedACallIsExpectedAgain() {
        shareOne();
        coalescer.ask("a", 4);
        assertThat(calls).hasSize(2);
        CompletionStage<String> answer = coalescer.ask("a", 5);

        assertThat(calls.get(2).things()).containsExactly(4, 5);
        later.remove().run();
        assertThat(calls).hasSize(3);
        calls.get(2).end();
        assertThat(now(answer)).isEqualTo("a5");
    }

    @Test
    void whoeverDoesNotComeAgainIsNotWaitedFor() {
        shareOne();
        coalescer.ask("a", 4);
        later.remove().run();
        assertThat(calls.get(2).things()).containsExactly(4);
        calls.get(2).end();

        coalescer.ask("a", 5);
        assertThat(calls.get(3).things()).containsExactly(5);
        assertThat(later).isEmpty();
    }

    @Test
    void aLineInWhichNobodyCameBackIsForgotten() {
        shareOne();
        later.remove().run();

        coalescer.ask("a", 4);
        assertThat(calls.get(2).things()).containsExactly(4);
    }

    /** Two requests share the second call, which ends. */
    private void shareOne() {
        coalescer.ask("a", 1);
        coalescer.ask("a", 2);
        coalescer.ask("a", 3);
        calls.get(0).end();
        calls.get(1).end();
        assertThat(calls).extracting(Call::things).containsExactly(List.of(1), List.of(2, 3));
    }

    @Test
    void aCallThatFailsFailsThoseInItAndNobodyElse() {
        CompletionStage<String> first = coalescer.ask("a", 1);
        CompletionStage<String> second = coalescer.ask("a", 2);
        calls.get(0).answer().completeExceptionally(new IllegalStateException("gone"));
        calls.get(1).end();

        assertThatThrownBy(() -> first.toCompletableFuture().getNow(null))
                .isInstanceOf(CompletionException.class)
                .hasRootCauseMessage("gone");
        assertThat(now(second)).isEqualTo("a2");
    }

    @Test
    void aCallThatCannotBeMadeFailsThoseInIt() {
        Coalescer<String, Integer, String> refusing = new Coalescer<>(Runnable::run, thing -> 1, (line, things) -> {
            throw new IllegalStateException("never");
        });

        assertThat(refusing.ask("a", 1).toCompletableFuture()).isCompletedExceptionally();
        assertThat(refusing.ask("a", 2).toCompletableFuture()).isCompletedExceptionally();
    }

    @Test
    void aCallHasAtMostFiveHundredThingsAndFourMegabytes() {
        coalescer.ask("a", 0);
        IntStream.rangeClosed(1, 501).forEach(thing -> coalescer.ask("a", thing));
        calls.get(0).end();
        calls.get(1).end();
        later.remove().run();
        assertThat(calls).extracting(call -> call.things().size()).containsExactly(1, 500, 1);

        calls.clear();
        Coalescer<String, Integer, String> large = coalescer(3 << 20);
        IntStream.range(0, 3).forEach(thing -> large.ask("a", thing));
        calls.get(0).end();
        calls.get(1).end();
        assertThat(calls).extracting(call -> call.things().size()).containsExactly(1, 1, 1);
    }

    @Test
    void whileTheExecutorIsShuttingDownAnswersStillCome() {
        Coalescer<String, Integer, String> stopping = new Coalescer<>(
                work -> {
                    throw new RejectedExecutionException();
                },
                thing -> 1,
                this::call);
        CompletionStage<String> answer = stopping.ask("a", 1);
        calls.get(0).end();

        assertThat(now(answer)).isEqualTo("a1");
    }
}
