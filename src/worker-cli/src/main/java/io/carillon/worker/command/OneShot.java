package io.carillon.worker.command;

import io.carillon.worker.Result;
import io.carillon.worker.TaskWrapper;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A child process for each task: it reads one line, answers with one, and ends. When the task is cancelled or takes too long it is
 * killed with all that it started. Safe for many threads.
 */
final class OneShot {
    private static final Logger LOG = LoggerFactory.getLogger(OneShot.class);
    private static final int MOST_LOG_LINE = 1024 * 1024;

    private final ChildLaunch launch;
    private final Child.Limits limits;
    private final List<String> secrets;

    OneShot(ChildLaunch launch, Child.Limits limits, List<String> secrets) {
        this.launch = launch;
        this.limits = limits;
        this.secrets = secrets;
    }

    Result handle(TaskWrapper task) throws Exception {
        String queue = task.getTask().queue();
        Process process = launch.start(queue.substring(0, queue.lastIndexOf(':')));
        CompletableFuture<ChildAnswer> answer = new CompletableFuture<>();
        thread(() -> read(process, task.id(), answer), "stdout");
        thread(() -> log(process, task.id()), "stderr");
        thread(() -> give(process, ChildAnswer.request(task)), "stdin");
        try {
            Duration limit = limits.task();
            ChildAnswer given = limit.isZero() ? answer.get() : answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            process.waitFor(limits.grace().toMillis(), TimeUnit.MILLISECONDS);
            return given.result(task);
        } catch (ExecutionException noAnswer) {
            throw (Exception) noAnswer.getCause();
        } catch (TimeoutException late) {
            throw new ChildAnswer.AttemptFailed(
                    "The child took longer than " + limits.task().toSeconds() + " s");
        } finally {
            boolean interrupted = Thread.interrupted();
            ChildLaunch.end(process, 0);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void thread(Runnable work, String name) {
        Thread thread = new Thread(work, "child-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void give(Process process, String line) {
        try (Writer input = process.outputWriter(StandardCharsets.UTF_8)) {
            input.write(line);
        } catch (IOException ended) {
            LOG.debug("The child ended before it had read its task");
        }
    }

    private void read(Process process, String id, CompletableFuture<ChildAnswer> answer) {
        String why = null;
        try (ChildLines lines = new ChildLines(process.getInputStream(), limits.lineBytes())) {
            for (ChildLines.Line line = lines.next(); line != null; line = lines.next()) {
                ChildAnswer read =
                        line.tooLong() ? null : ChildAnswer.read(line.text()).orElse(null);
                if (line.tooLong()) {
                    why = "It answered with a line of more than " + limits.lineBytes() + " bytes";
                } else if (read != null && id.equals(read.taskId())) {
                    answer.complete(read);
                } else if (read != null && "error".equals(read.status())) {
                    why = "It cannot start: " + read.error();
                }
            }
            int code = process.waitFor();
            answer.completeExceptionally(new ChildAnswer.AttemptFailed(
                    (why == null ? "The child ended without an answer" : why) + " (exit code " + code + ")"));
        } catch (IOException | InterruptedException killed) {
            answer.completeExceptionally(new ChildAnswer.AttemptFailed("The child was killed"));
        }
    }

    private void log(Process process, String id) {
        try (ChildLines lines = new ChildLines(process.getErrorStream(), MOST_LOG_LINE)) {
            for (ChildLines.Line line = lines.next(); line != null; line = lines.next()) {
                LOG.info("[{}] {}", id, Child.masked(line.text(), secrets));
            }
        } catch (IOException closed) {
            LOG.debug("The child of task {} closed its standard error", id);
        }
    }
}
