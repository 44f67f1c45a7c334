package io.carillon.platform.http;

import io.carillon.platform.concurrent.Ticks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that clients close their connections while they wait for an answer of which nothing can be written yet. No Jakarta
 * API tells that, so once a second, if anybody waits, this looks at the system's tables of connections; see docs/adr/0008.
 *
 * <p>A client has hung up when its connection is in the state CLOSE_WAIT: nothing more will come from it. Also when the
 * connection was seen open and is in no table any more, twice in a row, for a table is read in pieces and may leave out a
 * line when it changes meanwhile. A connection that is in no table from the beginning is left alone: the address may be one
 * that a proxy sent along. So is each where there are no such tables; then a hang-up is noticed when the answer is written.
 *
 * <p>10,000 lines of a table take some 60 ms, nearly all of it in the system. So after a look there is a rest of at least 20
 * times as long, and looking never costs more than a twentieth of one processor. Safe for many threads; looks are made one
 * at a time.
 */
public final class ClosedPeers {
    private static final Logger LOG = LoggerFactory.getLogger(ClosedPeers.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int REST = 20;
    private static final Duration LONGEST_REST = Duration.ofSeconds(10);
    private static final int MISSED = 2;

    private final List<ConnectionTable> tables = new ArrayList<>();
    /** Usually one each; several requests can share a connection of HTTP/2. */
    private final Map<Connection, List<Watch>> watches = new ConcurrentHashMap<>();

    private Ticks ticks;
    // Only looks use these.
    private long looks;
    private long restUntil = System.nanoTime();

    /** @param tables files as {@link ConnectionTable} reads them; those that are not there count for nothing */
    ClosedPeers(List<Path> tables) {
        for (Path table : tables) {
            if (Files.isReadable(table)) {
                this.tables.add(new ConnectionTable(table));
            }
        }
    }

    /** Of this machine. */
    static ClosedPeers ofLinux() {
        return new ClosedPeers(List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6")));
    }

    /**
     * The same answer, to a client that is watched until the answer is there.
     *
     * @param connection on which the client waits
     * @param gone called once if the client hangs up meanwhile; quick. It sees to it that the answer comes, for only that
     *     ends the request. It may just come by itself.
     */
    public <T> CompletionStage<T> watched(Optional<Connection> connection, CompletionStage<T> answer, Runnable gone) {
        if (connection.isEmpty() || tables.isEmpty()) {
            return answer;
        }
        Watch watch = new Watch(gone);
        watches.merge(connection.get(), List.of(watch), ClosedPeers::joined);
        return answer.whenComplete(
                (given, failure) -> watches.computeIfPresent(connection.get(), (same, all) -> without(all, watch)));
    }

    private static List<Watch> joined(List<Watch> some, List<Watch> more) {
        List<Watch> all = new ArrayList<>(some);
        all.addAll(more);
        return List.copyOf(all);
    }

    private static List<Watch> without(List<Watch> all, Watch over) {
        List<Watch> rest = all.stream().filter(watch -> watch != over).toList();
        return rest.isEmpty() ? null : rest;
    }

    void start(ScheduledExecutorService scheduler) {
        if (tables.isEmpty()) {
            LOG.info("Without /proc/net/tcp, that a client hung up is noticed only when it is written to");
            return;
        }
        ticks = Ticks.start(scheduler, "The look at clients' connections", PAUSE, PAUSE, this::tick);
    }

    void stop() {
        if (ticks != null) {
            ticks.stop();
        }
    }

    private void tick() {
        long begun = System.nanoTime();
        if (watches.isEmpty() || begun - restUntil < 0) {
            return;
        }
        read();
        long ended = System.nanoTime();
        // A machine that stood still must not make it blind for long.
        restUntil = ended + Math.min(LONGEST_REST.toNanos(), REST * (ended - begun));
        judge();
    }

    void look() {
        if (!watches.isEmpty()) {
            read();
            judge();
        }
    }

    private void read() {
        looks++;
        try {
            for (ConnectionTable table : tables) {
                table.read(this::see);
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private void judge() {
        watches.values().forEach(all -> all.forEach(watch -> watch.judge(looks)));
    }

    private void see(Connection connection, int state) {
        List<Watch> all = watches.get(connection);
        if (all != null) {
            all.forEach(watch -> watch.see(looks, state));
        }
    }

    /** How many requests are watched. */
    int watched() {
        return watches.values().stream().mapToInt(List::size).sum();
    }

    /** A client that waits. Only looks change it. */
    private static final class Watch {
        private final Runnable gone;
        private long seen;
        private boolean open;
        private boolean halfClosed;
        private boolean wasOpen;
        private int missed;
        private boolean told;

        Watch(Runnable gone) {
            this.gone = gone;
        }

        void see(long look, int state) {
            if (state == ConnectionTable.CLOSE) {
                return;
            }
            if (seen != look) {
                seen = look;
                open = false;
                halfClosed = false;
            }
            open |= state == ConnectionTable.ESTABLISHED;
            halfClosed |= state == ConnectionTable.CLOSE_WAIT;
        }

        void judge(long look) {
            if (!told && hasHungUp(look)) {
                told = true;
                try {
                    gone.run();
                } catch (RuntimeException failure) {
                    LOG.warn("A client hung up, but its request goes on", failure);
                }
            }
        }

        private boolean hasHungUp(long look) {
            if (seen != look) {
                return wasOpen && ++missed >= MISSED;
            }
            missed = 0;
            wasOpen |= open;
            // Another client may have the same port and address, connected to another address of this machine.
            return halfClosed && !open;
        }
    }
}
