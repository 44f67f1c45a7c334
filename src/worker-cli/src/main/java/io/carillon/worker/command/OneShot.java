package io.carillon.worker.command;

import io.carillon.worker.Result;
import io.carillon.worker.TaskWrapper;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A child process for each task: it reads one line, answers with one, and ends. When the task is cancelled or takes too long it is
 * killed with all that it started; so are all of them by {@link #stop}. Safe for many threads.
 */
final class OneShot {
    private static final Logger LOG = LoggerFactory.getLogger(OneShot.class);
    /** How long what it said last may take to be read. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private static final int MOST_LOG_LINE = 1024 * 1024;

    private final ChildLaunch launch;
    private final Child.Limits limits;
    private final Secrets secrets;
    /** Those that have started and are not known to be gone. */
    private final Set<Process> live = ConcurrentHashMap.newKeySet();
    /** Held for reading by who starts one, so that {@link #stop} knows them all. */
    private final ReadWriteLock starting = new ReentrantReadWriteLock();

    private boolean stopped;

    OneShot(ChildLaunch launch, Child.Limits limits, Secrets secrets) {
        this.launch = launch;
        this.limits = limits;
        this.secrets = secrets;
    }

    Result handle(TaskWrapper task) throws Exception {
        String queue = task.getTask().queue();
        return ask(queue.substring(0, queue.lastIndexOf(':')), task.id(), ChildAnswer.request(task))
                .result(secrets);
    }

    /** @param request a whole line */
    ChildAnswer ask(String queue, String id, String request) throws Exception {
        Process process = start(queue);
        try {
            Said said = new Said();
            Thread reader = thread(() -> read(process, id, said), "stdout");
            thread(() -> log(process, id), "stderr");
            thread(() -> give(process, request), "stdin");
            long since = System.nanoTime();
            if (limits.startup() != null && !within(limits.startup(), since, said.anything, process)) {
                throw new ChildAnswer.AttemptFailed("The child was not ready within " + Child.text(limits.startup()));
            }
            if (!within(limits.task(), since, said.answer, process)) {
                throw new ChildAnswer.AttemptFailed("The child took longer than " + Child.text(limits.task()));
            }
            if (said.answer.isDone()) {
                process.waitFor(limits.grace().toMillis(), TimeUnit.MILLISECONDS);
                return said.answer.join();
            }
            // What it started may hold its standard output, and would be without a parent.
            ChildLaunch.end(process, 0);
            reader.join(LAST_WORDS.toMillis());
            if (said.answer.isDone()) {
                return said.answer.join();
            }
            throw new ChildAnswer.AttemptFailed(
                    (said.trouble == null ? "The child ended without an answer" : said.trouble) + " (exit code "
                            + process.exitValue() + ")");
        } finally {
            boolean interrupted = Thread.interrupted();
            ChildLaunch.end(process, 0);
            live.remove(process);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Process start(String queue) throws IOException {
        starting.readLock().lock();
        try {
            if (stopped) {
                throw new IOException("The worker ends, so no child is started");
            }
            Process process = launch.start(queue);
            live.add(process);
            return process;
        } finally {
            starting.readLock().unlock();
        }
    }

    /** Kills those that run, with all that they started, and lets no other start. Returns when they are gone. */
    void stop() {
        starting.writeLock().lock();
        try {
            stopped = true;
        } finally {
            starting.writeLock().unlock();
        }
        ChildLaunch.atOnce(live.stream().map(process -> () -> ChildLaunch.end(process, 0)));
    }

    /** Waits until that is said or the process is over; false when neither came in time. Zero is for ever. */
    private static boolean within(Duration limit, long since, CompletableFuture<?> said, Process process)
            throws InterruptedException {
        CompletableFuture<Object> either = CompletableFuture.anyOf(said, process.onExit());
        try {
            if (limit.isZero()) {
                either.get();
            } else {
                either.get(since + limit.toNanos() - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
            return true;
        } catch (TimeoutException late) {
            return false;
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** What it has said so far. */
    private static final class Said {
        /** That it is ready, or an answer. */
        private final CompletableFuture<Void> anything = new CompletableFuture<>();

        private final CompletableFuture<ChildAnswer> answer = new CompletableFuture<>();
        private volatile String trouble;
    }

    private static Thread thread(Runnable work, String name) {
        Thread thread = new Thread(work, "child-" + name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void give(Process process, String line) {
        try (Writer input = process.outputWriter(StandardCharsets.UTF_8)) {
            input.write(line);
        } catch (IOException ended) {
            LOG.debug("The child ended before it had read its task");
        }
    }

    private void read(Process process, String id, Said said) {
        try (ChildLines lines = new ChildLines(process.getInputStream(), limits.lineBytes())) {
            for (ChildLines.Line line = lines.next(); line != null; line = lines.next()) {
                ChildAnswer read =
                        line.tooLong() ? null : ChildAnswer.read(line.text()).orElse(null);
                if (line.tooLong()) {
                    said.trouble = "The child answered with a line of more than " + limits.lineBytes() + " bytes";
                } else if (read != null && id.equals(read.taskId())) {
                    said.answer.complete(read);
                    said.anything.complete(null);
                } else if (read != null && "ready".equals(read.status())) {
                    said.anything.complete(null);
                } else if (read != null && "error".equals(read.status())) {
                    said.trouble = "The child cannot start: " + secrets.masked(String.valueOf(read.error()));
                }
            }
        } catch (IOException closed) {
            LOG.debug("The standard output of the child of task {} is closed", id);
        }
    }

    private void log(Process process, String id) {
        try (ChildLines lines = new ChildLines(process.getErrorStream(), MOST_LOG_LINE)) {
            for (ChildLines.Line line = lines.next(); line != null; line = lines.next()) {
                LOG.info("[{}] {}", id, secrets.masked(line.text()));
            }
        } catch (IOException closed) {
            LOG.debug("The child of task {} closed its standard error", id);
        }
    }
}
