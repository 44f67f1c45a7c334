package io.carillon.worker.command;

import io.carillon.worker.Result;
import io.carillon.worker.TaskWrapper;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
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
 * A child process that stays and gets task after task: a line of JSON for each on its standard input, a line with each answer on
 * its standard output, in any order. What it writes to standard error goes to the log.
 *
 * <p>When it dies, however it does, the tasks that it had fail at once and are tried again, and the worker takes none until it is
 * there again; it starts after 1 s, 2 s and so on, up to five minutes. After five deaths without ten good minutes between them it
 * is given up. A task that takes too long cannot be stopped alone, so the child is killed for it. Safe for many threads.
 */
final class Child {
    private static final Logger LOG = LoggerFactory.getLogger(Child.class);
    private static final int MOST_DEATHS = 5;
    private static final long GOOD_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);
    private static final int MOST_LOG_LINE = 1024 * 1024;
    private static final int SHOWN = 200;

    /**
     * Times and sizes.
     *
     * @param task for one task; zero for no limit
     * @param grace between SIGTERM and SIGKILL when it is stopped
     */
    record Limits(Duration startup, Duration task, Duration grace, int lineBytes) {}

    /**
     * The process from its start to its end. Lines go to it on a thread of their own, for one that does not read holds up who
     * writes to it, which must not be those who can kill it.
     */
    private record Life(Process process, Writer input, ExecutorService writing) {
        static Life of(Process born, String name) {
            return new Life(born, born.outputWriter(StandardCharsets.UTF_8), Executors.newSingleThreadExecutor(work -> {
                Thread thread = new Thread(work, name);
                thread.setDaemon(true);
                return thread;
            }));
        }

        void write(String line, CompletableFuture<ChildAnswer> answer) {
            try {
                writing.execute(() -> {
                    try {
                        if (!answer.isDone()) {
                            input.write(line);
                            input.flush();
                        }
                    } catch (IOException dead) {
                        answer.completeExceptionally(tooLate());
                    }
                });
            } catch (RejectedExecutionException over) {
                answer.completeExceptionally(tooLate());
            }
        }

        private static ChildAnswer.AttemptFailed tooLate() {
            return new ChildAnswer.AttemptFailed("The child died before it got the task");
        }

        void kill() {
            ChildLaunch.end(process, 0);
        }

        /** Its end of input, SIGTERM, that time, SIGKILL. */
        void end(Duration grace) {
            try {
                writing.execute(this::close);
            } catch (RejectedExecutionException over) {
                LOG.debug("The child is over already");
            }
            ChildLaunch.end(process, grace.toMillis());
        }

        private void close() {
            try {
                input.close();
            } catch (IOException dead) {
                LOG.debug("The child died before it was told to end");
            }
        }
    }

    /** Whom it tells how it is. */
    interface Watcher {
        void up();

        void down();

        void givenUp();
    }

    private final String queue;
    private final ChildLaunch launch;
    private final Limits limits;
    private final List<String> secrets;
    private final Watcher watcher;
    private final Map<String, CompletableFuture<ChildAnswer>> asked = new ConcurrentHashMap<>();
    private final CompletableFuture<Void> firstStart = new CompletableFuture<>();

    private volatile Life life;
    private volatile boolean stopping;
    private int deaths;

    Child(String queue, ChildLaunch launch, Limits limits, List<String> secrets, Watcher watcher) {
        this.queue = queue;
        this.launch = launch;
        this.limits = limits;
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
        while (!stopping) {
            long since = System.nanoTime();
            String why = live();
            if (stopping) {
                return;
            }
            if (!firstStart.isDone()) {
                firstStart.completeExceptionally(new IOException(why));
                return;
            }
            deaths = System.nanoTime() - since > GOOD_NANOS ? 1 : deaths + 1;
            if (deaths >= MOST_DEATHS) {
                LOG.error("The child of queue {} is given up: {}", queue, why);
                watcher.givenUp();
                return;
            }
            Duration pause = FIRST_PAUSE.multipliedBy(1L << (deaths - 1));
            pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
            LOG.warn("The child of queue {} starts again in {} s: {}", queue, pause.toSeconds(), why);
            try {
                Thread.sleep(pause.toMillis());
            } catch (InterruptedException stopped) {
                return;
            }
        }
    }

    /** One life, from start to end; says how it ended. */
    private String live() {
        Process born;
        try {
            born = launch.start(queue);
        } catch (IOException impossible) {
            return "It cannot be started: " + impossible.getMessage();
        }
        Life now = Life.of(born, "child-" + queue + "-stdin");
        life = now;
        if (stopping) {
            now.kill();
        }
        Thread errors = new Thread(() -> log(born), "child-" + queue + "-stderr");
        errors.setDaemon(true);
        errors.start();
        CompletableFuture<String> ready = new CompletableFuture<>();
        Thread watchdog = new Thread(() -> watch(born, ready), "child-" + queue + "-startup");
        watchdog.setDaemon(true);
        watchdog.start();
        String why = read(born, ready);
        ready.complete(why);
        watcher.down();
        now.writing().shutdown();
        now.kill();
        String end = why + " (exit code " + born.exitValue() + ")";
        asked.forEach((id, answer) -> answer.completeExceptionally(
                new ChildAnswer.AttemptFailed("The child died while it had the task: " + end)));
        return end;
    }

    private void watch(Process born, CompletableFuture<String> ready) {
        try {
            ready.get(limits.startup().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            ready.complete("It was not ready within " + limits.startup().toSeconds() + " s");
            ChildLaunch.end(born, 0);
        } catch (InterruptedException | ExecutionException impossible) {
            Thread.currentThread().interrupt();
        }
    }

    private String read(Process born, CompletableFuture<String> ready) {
        try (ChildLines lines = new ChildLines(born.getInputStream(), limits.lineBytes())) {
            for (ChildLines.Line line = lines.next(); line != null; line = lines.next()) {
                if (line.tooLong()) {
                    tooLong(line);
                    continue;
                }
                ChildAnswer answer = ChildAnswer.read(line.text()).orElse(null);
                if (answer == null) {
                    LOG.warn(
                            "The child of queue {} wrote to standard output what is no answer: {}",
                            queue,
                            shown(line.text()));
                } else if (answer.taskId() != null) {
                    answered(answer);
                } else if ("ready".equals(answer.status())) {
                    if (ready.complete("ready")) {
                        LOG.info("The child of queue {} is ready, process {}", queue, born.pid());
                        watcher.up();
                        firstStart.complete(null);
                    }
                } else if ("error".equals(answer.status()) && !ready.isDone()) {
                    return "It cannot start: " + masked(String.valueOf(answer.error()));
                } else {
                    LOG.info("The child of queue {} says: {}", queue, shown(line.text()));
                }
            }
        } catch (IOException closed) {
            LOG.debug("The child of queue {} closed its standard output", queue);
        }
        String before = ready.getNow(null);
        if (before == null) {
            return "It ended before it was ready";
        }
        return before.equals("ready") ? "It died" : before;
    }

    private void answered(ChildAnswer answer) {
        CompletableFuture<ChildAnswer> waiting = asked.get(answer.taskId());
        if (waiting == null || !waiting.complete(answer)) {
            LOG.info(
                    "The child of queue {} answered for task {}, for which nobody waits any more",
                    queue,
                    answer.taskId());
        }
    }

    /** Whose answer it was cannot be read; with one task there is no doubt. */
    private void tooLong(ChildLines.Line line) {
        LOG.warn(
                "The child of queue {} wrote a line of more than {} bytes, which is skipped",
                queue,
                limits.lineBytes());
        if (asked.size() == 1) {
            asked.values()
                    .forEach(answer -> answer.completeExceptionally(new ChildAnswer.AttemptFailed(
                            "The child answered with a line of more than " + limits.lineBytes() + " bytes")));
        }
    }

    /** Gives it a task and waits for its answer. */
    Result handle(TaskWrapper task) throws Exception {
        return ask(task.id(), ChildAnswer.request(task)).result(task);
    }

    /** @param request a whole line; the time for the task counts from here, also while the child does not read it */
    ChildAnswer ask(String id, String request) throws Exception {
        CompletableFuture<ChildAnswer> answer = new CompletableFuture<>();
        Life now = life;
        asked.put(id, answer);
        try {
            now.write(request, answer);
            return limits.task().isZero()
                    ? answer.get()
                    : answer.get(limits.task().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException died) {
            throw (Exception) died.getCause();
        } catch (TimeoutException late) {
            LOG.warn(
                    "Task {} took longer than {} s; the child of queue {} is killed",
                    id,
                    limits.task().toSeconds(),
                    queue);
            asked.remove(id, answer);
            now.kill();
            throw new ChildAnswer.AttemptFailed(
                    "The child took longer than " + limits.task().toSeconds() + " s");
        } finally {
            asked.remove(id, answer);
            // What was not written yet need not be.
            answer.cancel(false);
        }
    }

    private void log(Process born) {
        try (ChildLines lines = new ChildLines(born.getErrorStream(), MOST_LOG_LINE)) {
            for (ChildLines.Line line = lines.next(); line != null; line = lines.next()) {
                LOG.info("[{}] {}", queue, masked(line.text()));
            }
        } catch (IOException closed) {
            LOG.debug("The child of queue {} closed its standard error", queue);
        }
    }

    private String masked(String text) {
        return masked(text, secrets);
    }

    static String masked(String text, List<String> secrets) {
        String masked = text;
        for (String secret : secrets) {
            masked = masked.replace(secret, "****");
        }
        return masked;
    }

    private String shown(String text) {
        String masked = masked(text);
        return masked.length() > SHOWN ? masked.substring(0, SHOWN) + "..." : masked;
    }

    /** Ends it for good, with all that it started: its end of input, SIGTERM, the grace, SIGKILL. */
    void stop() {
        stopping = true;
        Life now = life;
        if (now != null) {
            now.end(limits.grace());
        }
    }
}
