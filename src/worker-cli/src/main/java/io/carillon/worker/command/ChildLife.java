package io.carillon.worker.command;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Child} from the start of its process to its end, and the tasks that it has meanwhile. It is over when the process is,
 * also when something that the process started still holds its standard output.
 *
 * <p>Lines go to it on a thread of their own, for one that does not read holds up who writes to it, which must not be those who
 * can kill it. Safe for many threads.
 */
final class ChildLife {
    private static final Logger LOG = LoggerFactory.getLogger(ChildLife.class);
    /** How long what it said last may take to be read. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private static final int MOST_LOG_LINE = 1024 * 1024;
    private static final int SHOWN = 200;
    /** Characters that go into a pipe as a whole or not at all (PIPE_BUF bytes). */
    private static final int AT_ONCE = 1024;
    /** The part of a task's time after which it is as late as the one that is over it. */
    private static final double ALMOST = 0.9;

    /** A task that it shall do; given once a first byte of it may have reached it. */
    private static final class Asked {
        private final CompletableFuture<ChildAnswer> answer = new CompletableFuture<>();
        private final long since = System.nanoTime();
        private volatile boolean given;
    }

    /**
     * How it ended.
     *
     * @param why in words
     * @param wasReady whether it had said that it is ready
     * @param forATask whether it was killed because a task took too long, and did not die
     */
    record End(String why, boolean wasReady, boolean forATask) {}

    private final String queue;
    private final Process process;
    private final Child.Limits limits;
    private final Secrets secrets;
    private final Runnable up;
    private final Writer input;
    private final ExecutorService writing;
    private final Map<String, Asked> asked = new ConcurrentHashMap<>();
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final CompletableFuture<String> killed = new CompletableFuture<>();
    /** That it was killed, and was waited for long enough. */
    private final CompletableFuture<Void> abandoned = new CompletableFuture<>();

    private volatile boolean forATask;
    /** Whether nothing more reaches it; only for the thread that writes. */
    private boolean broken;

    private volatile boolean dead;
    private volatile boolean over;

    /** @param up called when it is ready */
    ChildLife(String queue, Process born, Child.Limits limits, Secrets secrets, Runnable up) {
        this.queue = queue;
        this.process = born;
        this.limits = limits;
        this.secrets = secrets;
        this.up = up;
        this.input = born.outputWriter(StandardCharsets.UTF_8);
        this.writing = Executors.newSingleThreadExecutor(work -> thread(work, "stdin"));
    }

    private Thread thread(Runnable work, String name) {
        Thread thread = new Thread(work, "child-" + queue + "-" + name);
        thread.setDaemon(true);
        return thread;
    }

    /** Lives it to its end; after that nobody waits for an answer. */
    End live(Runnable down) throws InterruptedException {
        thread(this::log, "stderr").start();
        Thread reader = thread(this::read, "stdout");
        reader.start();
        try {
            CompletableFuture.anyOf(ready, process.onExit(), abandoned)
                    .get(limits.startup().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            kill("It was not ready within " + Child.text(limits.startup()));
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
        String code = exitCode();
        died(down);
        if (!abandoned.isDone()) {
            // What it started would be without a parent, and may hold its standard output.
            ChildLaunch.end(process, 0);
        }
        reader.join(LAST_WORDS.toMillis());
        over = true;
        writing.shutdown();
        boolean wasReady = ready.isDone();
        String why = killed.getNow(wasReady ? "It died" : "It ended before it was ready") + " (" + code + ")";
        asked.values().forEach(task -> task.answer.completeExceptionally(unanswered(task, why)));
        return new End(why, wasReady, forATask);
    }

    /** Waits until it is over. */
    private String exitCode() throws InterruptedException {
        try {
            CompletableFuture.anyOf(process.onExit(), abandoned).get();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
        return process.isAlive() ? "it does not end" : "exit code " + process.exitValue();
    }

    private Exception unanswered(Asked task, String why) {
        if (forATask) {
            return task.given && tookAlmostAsLong(task)
                    ? new ChildAnswer.AttemptFailed(
                            "The child was killed while it had the task, almost too long already")
                    : new Unharmed("The child was killed because another task took too long");
        }
        return task.given
                ? new ChildAnswer.AttemptFailed("The child died while it had the task: " + why)
                : Unharmed.notGiven();
    }

    /** Or a child that hangs as a whole would have its tasks fail one after the other. */
    private boolean tookAlmostAsLong(Asked task) {
        return System.nanoTime() - task.since > limits.task().toNanos() * ALMOST;
    }

    /** The task is not done, and not for anything that it did; it may be done again as if nothing was. */
    static final class Unharmed extends Exception {
        private static final long serialVersionUID = 1L;

        Unharmed(String why) {
            super(why);
        }

        static Unharmed notGiven() {
            return new Unharmed("The child ended before it had the task");
        }
    }

    /** @param request a whole line; the time for the task counts from here, also while the child does not read it */
    ChildAnswer ask(String id, String request) throws Exception {
        if (!ready.isDone()) {
            throw Unharmed.notGiven();
        }
        Asked mine = new Asked();
        asked.put(id, mine);
        try {
            give(request, mine);
            return limits.task().isZero()
                    ? mine.answer.get()
                    : mine.answer.get(limits.task().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException died) {
            throw (Exception) died.getCause();
        } catch (TimeoutException late) {
            String limit = Child.text(limits.task());
            LOG.warn("Task {} took longer than {}; the child of queue {} is killed", id, limit, queue);
            asked.remove(id, mine);
            forATask = true;
            kill("Task " + id + " took longer than " + limit + ", so it was killed");
            throw new ChildAnswer.AttemptFailed("The child took longer than " + limit);
        } finally {
            asked.remove(id, mine);
            // What was not written yet need not be.
            mine.answer.cancel(false);
        }
    }

    private void give(String line, Asked task) throws Unharmed {
        try {
            writing.execute(() -> {
                if (dead || broken || task.answer.isDone()) {
                    return;
                }
                task.given = true;
                try {
                    input.write(line);
                    input.flush();
                } catch (IOException noReader) {
                    LOG.debug("The child of queue {} died while it was given a task", queue);
                    broken = true;
                    task.given = line.length() > AT_ONCE;
                }
            });
        } catch (RejectedExecutionException ended) {
            throw Unharmed.notGiven();
        }
        if (dead && !task.given) {
            // Who ends the others may have gone through them before.
            task.answer.completeExceptionally(Unharmed.notGiven());
        }
    }

    private void read() {
        try (ChildLines lines = new ChildLines(process.getInputStream(), limits.lineBytes())) {
            for (ChildLines.Line line = lines.next(); line != null && !over; line = lines.next()) {
                if (line.tooLong()) {
                    tooLong();
                } else {
                    said(line.text());
                }
            }
            if (!process.waitFor(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS) && !killed.isDone()) {
                kill("It closed its standard output");
            }
        } catch (IOException closed) {
            LOG.debug("The standard output of the child of queue {} is closed", queue);
        } catch (InterruptedException impossible) {
            Thread.currentThread().interrupt();
        }
    }

    private void said(String line) {
        ChildAnswer answer = ChildAnswer.read(line).orElse(null);
        if (answer == null) {
            LOG.warn("The child of queue {} wrote to standard output what is no answer: {}", queue, shown(line));
        } else if (answer.taskId() != null) {
            answered(answer);
        } else if ("ready".equals(answer.status())) {
            isReady();
        } else if ("error".equals(answer.status()) && !ready.isDone()) {
            kill("It cannot start: " + secrets.masked(String.valueOf(answer.error())));
        } else {
            LOG.info("The child of queue {} says: {}", queue, shown(line));
        }
    }

    /** Never after {@link #died}, or it would count as up when it is down. */
    private synchronized void isReady() {
        if (!dead && ready.complete(null)) {
            LOG.info("The child of queue {} is ready, process {}", queue, process.pid());
            up.run();
        }
    }

    private synchronized void died(Runnable down) {
        dead = true;
        down.run();
    }

    private void answered(ChildAnswer answer) {
        Asked waiting = asked.get(answer.taskId());
        if (waiting == null || !waiting.answer.complete(answer)) {
            LOG.info(
                    "The child of queue {} answered for task {}, for which nobody waits any more",
                    queue,
                    shown(answer.taskId()));
        }
    }

    /** Whose answer it was cannot be read; with one task there is no doubt. */
    private void tooLong() {
        LOG.warn(
                "The child of queue {} wrote a line of more than {} bytes, which is skipped",
                queue,
                limits.lineBytes());
        if (asked.size() == 1) {
            asked.values()
                    .forEach(task -> task.answer.completeExceptionally(new ChildAnswer.AttemptFailed(
                            "The child answered with a line of more than " + limits.lineBytes() + " bytes")));
        }
    }

    private void log() {
        try (ChildLines lines = new ChildLines(process.getErrorStream(), MOST_LOG_LINE)) {
            for (ChildLines.Line line = lines.next(); line != null; line = lines.next()) {
                LOG.info("[{}] {}", queue, secrets.masked(line.text()));
            }
        } catch (IOException closed) {
            LOG.debug("The standard error of the child of queue {} is closed", queue);
        }
    }

    private String shown(String text) {
        String masked = secrets.masked(text);
        return masked.length() > SHOWN ? masked.substring(0, SHOWN) + "..." : masked;
    }

    /** Ends it at once, with all that it started. */
    void kill(String why) {
        killed.complete(why);
        end(0);
    }

    private void end(long graceMillis) {
        abandoned.completeOnTimeout(null, graceMillis + ChildLaunch.LAST.toMillis(), TimeUnit.MILLISECONDS);
        ChildLaunch.end(process, graceMillis);
    }

    /** Ends it, with all that it started: its end of input, SIGTERM, that time, SIGKILL. */
    void end(Duration grace) {
        killed.complete("It was told to end");
        try {
            writing.execute(this::close);
        } catch (RejectedExecutionException ended) {
            LOG.debug("The child of queue {} is over already", queue);
        }
        end(grace.toMillis());
    }

    private void close() {
        try {
            input.close();
        } catch (IOException dead) {
            LOG.debug("The child of queue {} died before it was told to end", queue);
        }
    }
}
