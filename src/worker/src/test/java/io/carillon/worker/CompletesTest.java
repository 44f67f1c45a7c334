package io.carillon.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Results on their way to a server that takes all of them. */
@Timeout(60)
class CompletesTest {
    private static Task task(String id) throws Exception {
        return TakenTasks.read(("{\"q:0\":[{\"task_id\":\"" + id + "\",\"attempt\":1,\"expire_time\":7}]}")
                        .getBytes(StandardCharsets.UTF_8))
                .get(0);
    }

    /** Has two tasks and room for one; is out of memory when it is asked for that the first time. */
    private static final class OutOfMemoryOnce implements Completes.Worker {
        private final Set<String> held = ConcurrentHashMap.newKeySet();
        private final AtomicInteger asked = new AtomicInteger();
        private final AtomicInteger reserved = new AtomicInteger();
        private final CountDownLatch answered;

        OutOfMemoryOnce(String... ids) {
            held.addAll(Set.of(ids));
            answered = new CountDownLatch(ids.length);
        }

        @Override
        public int reserve() {
            reserved.incrementAndGet();
            return 1;
        }

        @Override
        public Take take(int size) {
            if (asked.incrementAndGet() == 1) {
                throw new OutOfMemoryError("Java heap space");
            }
            return Take.from("q:0").size(size);
        }

        @Override
        public void delivered(Connection.Delivered delivered, int back) {
            reserved.addAndGet(-back);
        }

        @Override
        public void answered(TaskWrapper task, TakenTasks.Verdict verdict) {
            if (verdict.accepted() && held.remove(task.id())) {
                answered.countDown();
            }
        }

        @Override
        public void failed(CallRefused refused) {
            // does not happen
        }

        @Override
        public void succeeded() {
            // nothing to count
        }

        @Override
        public boolean holds(TaskWrapper task) {
            return held.contains(task.id());
        }

        @Override
        public boolean patient() {
            return true;
        }
    }

    @Test
    void manyResultsAndLargeOnesFillIt() throws Exception {
        Completes completes = new Completes(null, new Calls(), new OutOfMemoryOnce());
        TaskWrapper task = new TaskWrapper(task("a"), null);
        for (int i = 0; i < 5000; i++) {
            completes.add(new Completes.Ended(task, Result.of("done")));
        }
        assertThat(completes.isFull()).isFalse();
        completes.add(new Completes.Ended(task, Result.of("done")));
        assertThat(completes.isFull()).isTrue();

        Completes large = new Completes(null, new Calls(), new OutOfMemoryOnce());
        Result megabytes = Result.of("x".repeat(6 * 1024 * 1024));
        large.add(new Completes.Ended(task, megabytes));
        large.add(new Completes.Ended(task, megabytes));
        assertThat(large.isFull()).isFalse();
        large.add(new Completes.Ended(task, megabytes));
        assertThat(large.isFull()).isTrue();
        large.stop();
        large.run();
        assertThat(large.isFull()).as("nobody has these tasks any more").isFalse();
    }

    @Test
    void resultsThatWereNotHandedInForWantOfMemoryAreHandedInAfterwards() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            int results = Result.JSON
                    .readTree(exchange.getRequestBody().readAllBytes())
                    .path("results")
                    .size();
            byte[] body = ("{\"results\":["
                            + "{\"accepted\":true},".repeat(results).replaceFirst(",$", "") + "],\"tasks\":{}}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        OutOfMemoryOnce worker = new OutOfMemoryOnce("a", "b");
        Connection connection = new Connection(
                URI.create("http://localhost:" + server.getAddress().getPort()), "k");
        Completes completes = new Completes(connection, new Calls(), worker);
        completes.add(new Completes.Ended(new TaskWrapper(task("a"), null), Result.of("done")));
        completes.add(new Completes.Ended(new TaskWrapper(task("b"), null), Result.of("done")));
        Thread handing = new Thread(completes::run);
        handing.start();
        try {
            assertThat(worker.answered.await(30, TimeUnit.SECONDS)).isTrue();
            completes.stop();
            handing.join(TimeUnit.SECONDS.toMillis(20));
            assertThat(handing.isAlive()).isFalse();
            assertThat(worker.reserved).hasValue(0);
        } finally {
            handing.interrupt();
            server.stop(0);
        }
    }
}
