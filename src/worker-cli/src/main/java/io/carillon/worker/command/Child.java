package io.carillon.worker.command;

import io.carillon.worker.Result;
import io.carillon.worker.TaskWrapper;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A child process that stays and gets task after task: a line of JSON for each on its standard input, a line with each answer on
 * its standard output, in any order. What it writes to standard error goes to the log.
 *
 * <p>When it dies, however it does, the tasks that it had fail at once and are tried again, those of which it had nothing yet go
 * back unharmed, and none is taken until it is there again, after the pauses of its {@link Restarts}, which also say when it is
 * given up. A task that takes too long cannot be stopped alone, so the child is killed for it; that is not its death, its
 * other tasks go back unharmed, and it starts again at once. Safe for many threads.
 */
final class Child {
    private static final Logger LOG = LoggerFactory.getLogger(Child.class);

    /**
     * Times and sizes.
     *
     * @param startup until it is ready; null for no limit
     * @param task for one task; zero for no limit
     * @param grace between SIGTERM and SIGKILL when it is stopped
     */
    record Limits(Duration startup, Duration task, Duration grace, int lineBytes) {}

    /** Whom it tells how it is. */
    interface Watcher {
        void up();

        void down();

        void givenUp();
    }

    private final String queue;
    private final ChildLaunch launch;
    private final Limits limits;
    private final Restarts restarts;
    private final Secrets secrets;
    private final Watcher watcher;
    private final CompletableFuture<Void> firstStart = new CompletableFuture<>();

    private volatile ChildLife life;
    private volatile boolean stopping;

    Child(String queue, ChildLaunch launch, Limits limits, Restarts.Policy restarts, Secrets secrets, Watcher watcher) {
        this.queue = queue;
        this.launch = launch;
        this.limits = limits;
        this.restarts = new Restarts(restarts);
        this.secrets = secrets;
        this.watcher = watcher;
    }

    /**
     * Starts it and keeps it running.
     *
     * @throws IOException when it is not ready in time, or says that it cannot be
     */
    void start() throws IOException, InterruptedException {
        Thread keeper = new Thread(this::keep, "child-" + queue);
        keeper.setDaemon(true);
        keeper.start();
        try {
            firstStart.get();
        } catch (ExecutionException failed) {
            throw new IOException(failed.getCause().getMessage(), failed.getCause());
        }
    }

    private void keep() {
        try {
            while (!stopping) {
                long since = System.nanoTime();
                ChildLife.End end = live();
                Duration lived = Duration.ofNanos(System.nanoTime() - since);
                if (stopping) {
                    return;
                }
                if (!firstStart.isDone()) {
                    firstStart.completeExceptionally(new IOException("The child of queue " + queue + ": " + end.why()));
                    return;
                }
                if (!startsAgain(end, end.wasReady() ? lived : Duration.ZERO)) {
                    return;
                }
            }
        } catch (InterruptedException impossible) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error failure) {
            // Nobody else would notice.
            LOG.error("The child of queue {} cannot be kept running", queue, failure);
            firstStart.completeExceptionally(failure);
            watcher.givenUp();
        }
    }

    /** Waits as long as it should before it starts again; false when it is given up. */
    private boolean startsAgain(ChildLife.End end, Duration lived) throws InterruptedException {
        if (end.forATask()) {
            restarts.killed(lived);
            LOG.warn("The child of queue {} starts again: {}", queue, end.why());
            return true;
        }
        Optional<Duration> pause = restarts.died(lived);
        if (pause.isEmpty()) {
            LOG.error("The child of queue {} is given up after {} deaths: {}", queue, restarts.inARow(), end.why());
            watcher.givenUp();
            return false;
        }
        LOG.warn("The child of queue {} starts again in {}: {}", queue, text(pause.get()), end.why());
        Thread.sleep(pause.get().toMillis());
        return true;
    }

    /** One life, from start to end. */
    private ChildLife.End live() throws InterruptedException {
        Process born;
        try {
            born = launch.start(queue);
        } catch (IOException impossible) {
            return new ChildLife.End("It cannot be started: " + secrets.masked(impossible.getMessage()), false, false);
        }
        ChildLife now = new ChildLife(queue, born, limits, secrets, this::up);
        life = now;
        if (stopping) {
            now.kill("It was told to end");
        }
        return now.live(watcher::down);
    }

    private void up() {
        watcher.up();
        firstStart.complete(null);
    }

    /** Gives it a task and waits for its answer. */
    Result handle(TaskWrapper task) throws Exception {
        try {
            return ask(task.id(), ChildAnswer.request(task)).result(secrets);
        } catch (ChildLife.Unharmed unharmed) {
            task.release(unharmed.getMessage());
            return null;
        }
    }

    /**
     * @param request a whole line; the time for the task counts from here, also while the child does not read it
     * @throws ChildLife.Unharmed when it ended before it had anything of it, or was killed for another task
     */
    ChildAnswer ask(String id, String request) throws Exception {
        ChildLife now = life;
        if (now == null) {
            throw ChildLife.Unharmed.notGiven();
        }
        return now.ask(id, request);
    }

    /** A time as a person says it. */
    static String text(Duration time) {
        return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }

    /** Ends it for good, with all that it started: its end of input, SIGTERM, the grace, SIGKILL. */
    void stop() {
        stopping = true;
        ChildLife now = life;
        if (now != null) {
            now.end(limits.grace());
        }
    }
}
