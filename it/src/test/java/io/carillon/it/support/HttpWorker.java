package io.carillon.it.support;

import io.carillon.worker.Connection;
import io.carillon.worker.Progress;
import io.carillon.worker.Take;
import io.carillon.worker.Task;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;

/** A worker that takes tasks and answers them over HTTP until it is closed. */
public final class HttpWorker implements AutoCloseable {
    private final List<Thread> threads = new ArrayList<>();
    private final ConcurrentLinkedQueue<Task> taken = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Exception> failures = new ConcurrentLinkedQueue<>();
    private final Connection connection;
    private volatile boolean closed;

    private HttpWorker(Server server) {
        this.connection = new Connection(server.url(), server.key());
    }

    /** One that answers each task of the queues with what the function gives: a completion in JSON. */
    public static HttpWorker on(Server server, Function<Task, String> work, String... queues) {
        return on(server, 1, Take.from(queues).size(10), work);
    }

    /** One with several threads. */
    public static HttpWorker on(Server server, int threads, Take take, Function<Task, String> work) {
        HttpWorker worker = new HttpWorker(server);
        for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(() -> worker.loop(take.waiting(Duration.ofSeconds(2)), work), "http worker");
            thread.setDaemon(true);
            worker.threads.add(thread);
            thread.start();
        }
        return worker;
    }

    private void loop(Take take, Function<Task, String> work) {
        while (!closed) {
            try {
                for (Task task : connection.take(take)) {
                    taken.add(task);
                    connection.complete(task.id(), work.apply(task));
                }
            } catch (InterruptedException e) {
                return;
            } catch (IOException | RuntimeException e) {
                if (!closed) {
                    failures.add(e);
                }
            }
        }
    }

    public void progress(String task, Progress progress) {
        try {
            connection.progress(task, progress);
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What it took, in that order when it has one thread. */
    public List<Task> taken() {
        return List.copyOf(taken);
    }

    public List<Exception> failures() {
        return List.copyOf(failures);
    }

    @Override
    public void close() {
        closed = true;
        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            try {
                thread.join(Duration.ofSeconds(5).toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
