package io.carillon.platform.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClosedPeersTest {
    private static final String OPEN = "01";
    private static final String TIME_WAIT = "06";
    private static final String CLOSE = "07";
    private static final String CLOSE_WAIT = "08";
    private static final Optional<Connection> CLIENT = Connection.of(8080, "::1", 5000);

    @TempDir
    Path directory;

    private final AtomicInteger gone = new AtomicInteger();
    private final CompletableFuture<String> answer = new CompletableFuture<>();
    private Path table;
    private ClosedPeers peers;

    @BeforeEach
    void lookAtATable() throws IOException {
        table = directory.resolve("tcp6");
        shows();
        peers = new ClosedPeers(List.of(directory.resolve("none"), table));
    }

    private void shows(String... lines) throws IOException {
        Files.writeString(table, String.join("\n", lines) + "\n");
    }

    /** The client on that port, which is connected to one of our addresses. */
    private static String line(int port, String state) {
        String loopback = String.format("%024X%08X", 0, Integer.reverseBytes(1));
        return "   1: " + loopback + ":1F90 " + loopback + String.format(":%04X %s 0:0", port, state);
    }

    private CompletionStage<String> watched() {
        return peers.watched(CLIENT, answer, gone::incrementAndGet);
    }

    private void look(String... lines) throws IOException {
        shows(lines);
        peers.look();
    }

    @Test
    void aClientThatClosesIsNoticedOnce() throws IOException {
        watched();
        look(line(5000, OPEN));
        assertThat(gone).hasValue(0);

        look(line(5000, CLOSE_WAIT));
        look(line(5000, CLOSE_WAIT));

        assertThat(gone).hasValue(1);
    }

    @Test
    void aClientThatClosedBeforeTheFirstLookIsNoticed() throws IOException {
        watched();

        look(line(5000, CLOSE_WAIT));

        assertThat(gone).hasValue(1);
    }

    @Test
    void aConnectionThatIsResetIsNoticedWithTheSecondLook() throws IOException {
        watched();
        look(line(5000, OPEN));
        look();
        assertThat(gone).hasValue(0);

        look(line(5000, CLOSE));

        assertThat(gone).hasValue(1);
    }

    @Test
    void aLineThatIsMissingOnceMeansNothing() throws IOException {
        watched();
        for (int i = 0; i < 5; i++) {
            look(line(5000, OPEN));
            look();
        }

        assertThat(gone).hasValue(0);
    }

    @Test
    void aConnectionThatNeverWasInATableIsLeftAlone() throws IOException {
        watched();
        for (int i = 0; i < 5; i++) {
            look(line(5001, CLOSE_WAIT));
        }

        assertThat(gone).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"02", "03", "04", "05", TIME_WAIT, "09", "0A", "0B"})
    void otherStatesAreNoHangUp(String state) throws IOException {
        watched();
        look(line(5000, OPEN));
        for (int i = 0; i < 5; i++) {
            look(line(5000, state));
        }

        assertThat(gone).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoCannotBeToldFromAnOpenConnectionIsThere(boolean openFirst) throws IOException {
        watched();
        String open = line(5000, OPEN);
        String closed = line(5000, CLOSE_WAIT);

        look(openFirst ? open : closed, openFirst ? closed : open);

        assertThat(gone).hasValue(0);
    }

    @Test
    void whoIsAnsweredIsNotWatchedAnyMore() throws IOException {
        AtomicInteger watchedAtTheAnswer = new AtomicInteger(-1);
        CompletionStage<String> same = watched();
        same.thenRun(() -> watchedAtTheAnswer.set(peers.watched()));
        look(line(5000, OPEN));

        answer.complete("hello");
        look(line(5000, CLOSE_WAIT));

        assertThat(same).isCompletedWithValue("hello");
        assertThat(watchedAtTheAnswer).hasValue(0);
        assertThat(gone).hasValue(0);
    }

    @Test
    void theNextRequestOfAConnectionIsWatchedAnew() throws IOException {
        watched();
        look(line(5000, OPEN));
        answer.completeExceptionally(new IllegalStateException("an error is an answer too"));
        AtomicInteger nextGone = new AtomicInteger();
        peers.watched(CLIENT, new CompletableFuture<>(), nextGone::incrementAndGet);

        look(line(5000, OPEN));
        assertThat(nextGone).hasValue(0);
        look(line(5000, CLOSE_WAIT));

        assertThat(nextGone).hasValue(1);
        assertThat(gone).hasValue(0);
    }

    @Test
    void allRequestsOfAConnectionHangUpTogether() throws IOException {
        CompletableFuture<String> other = new CompletableFuture<>();
        watched();
        peers.watched(CLIENT, other, gone::incrementAndGet);
        peers.watched(CLIENT, new CompletableFuture<>(), gone::incrementAndGet);
        other.complete("answered before");

        look(line(5000, CLOSE_WAIT));

        assertThat(gone).hasValue(2);
    }

    @Test
    void anActionThatFailsKeepsNoOtherFromBeingCalled() throws IOException {
        for (int i = 0; i < 2; i++) {
            peers.watched(CLIENT, new CompletableFuture<>(), () -> {
                gone.incrementAndGet();
                throw new IllegalStateException("on purpose");
            });
        }

        look(line(5000, CLOSE_WAIT));

        assertThat(gone).hasValue(2);
    }

    @Test
    void anAnswerThatComesWithTheHangUpEndsTheWatch() throws IOException {
        CompletionStage<String> same = peers.watched(CLIENT, answer, () -> answer.complete("refused"));

        look(line(5000, CLOSE_WAIT));

        assertThat(same).isCompletedWithValue("refused");
        assertThat(peers.watched()).isZero();
    }

    @Test
    void withoutATableAndWithoutAConnectionNothingIsWatched() {
        ClosedPeers blind = new ClosedPeers(List.of(directory.resolve("none")));
        blind.watched(CLIENT, answer, gone::incrementAndGet);
        blind.look();
        peers.watched(Optional.empty(), answer, gone::incrementAndGet);

        assertThat(blind.watched() + peers.watched()).isZero();
    }
}
