package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A child that does not end when it is killed, as one that waits for a disk which does not answer. */
@Timeout(60)
class UnendingTest {
    private static final class Unending extends Process {
        private final CountDownLatch never = new CountDownLatch(1);

        @Override
        public OutputStream getOutputStream() {
            return OutputStream.nullOutputStream();
        }

        @Override
        public InputStream getInputStream() {
            return InputStream.nullInputStream();
        }

        @Override
        public InputStream getErrorStream() {
            return InputStream.nullInputStream();
        }

        @Override
        public int waitFor() throws InterruptedException {
            never.await();
            return 0;
        }

        @Override
        public boolean waitFor(long timeout, TimeUnit unit) throws InterruptedException {
            return never.await(timeout, unit);
        }

        @Override
        public CompletableFuture<Process> onExit() {
            return new CompletableFuture<>();
        }

        @Override
        public int exitValue() {
            throw new IllegalThreadStateException("It has not ended");
        }

        @Override
        public boolean isAlive() {
            return true;
        }

        @Override
        public void destroy() {
            // in vain
        }

        /** No process has this number. */
        @Override
        public long pid() {
            return Integer.MAX_VALUE;
        }

        @Override
        public ProcessHandle toHandle() {
            return (ProcessHandle) Proxy.newProxyInstance(
                    getClass().getClassLoader(),
                    new Class<?>[] {ProcessHandle.class},
                    (self, method, arguments) -> method.getReturnType() == boolean.class ? false : null);
        }

        @Override
        public Stream<ProcessHandle> descendants() {
            return Stream.empty();
        }
    }

    private static ChildLife born(Duration startup) {
        return new ChildLife(
                "q",
                new Unending(),
                new Child.Limits(startup, Duration.ZERO, Duration.ofMillis(100), 1000),
                Secrets.NONE,
                () -> {});
    }

    @Test
    void itsLifeIsOverWhenItIsNotReadyInTime() throws Exception {
        CountDownLatch down = new CountDownLatch(1);

        ChildLife.End end = born(Duration.ofMillis(100)).live(down::countDown);

        assertThat(end.why()).isEqualTo("It was not ready within 100 ms (it does not end)");
        assertThat(down.getCount()).isZero();
    }

    @Test
    void itHoldsUpNobodyWhoStops() {
        born(Duration.ofSeconds(60)).end(Duration.ofMillis(100));
    }

    @Test
    void itIsAbandonedAlsoWhenWhoKillsItIsInAHurry() throws Exception {
        ChildLife life = born(Duration.ofSeconds(60));
        CompletableFuture<ChildLife.End> end = new CompletableFuture<>();
        Thread living = new Thread(() -> {
            try {
                end.complete(life.live(() -> {}));
            } catch (InterruptedException impossible) {
                end.completeExceptionally(impossible);
            }
        });
        living.setDaemon(true);
        living.start();
        Thread.currentThread().interrupt();

        life.kill("It was told to end");

        assertThat(Thread.interrupted()).isTrue();
        assertThat(end.get(40, TimeUnit.SECONDS).why()).isEqualTo("It was told to end (it does not end)");
    }
}
