package io.carillon.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.stores.OwnedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What the server says, when its file can be written and when it cannot. */
@Timeout(60)
class ServerLogTest {
    @TempDir
    Path temp;

    private final List<String> console = new ArrayList<>();

    private ServerLog log(Path file, long largest) {
        return new ServerLog(file, largest, Duration.ZERO, console::add);
    }

    @Test
    void anotherFileBeginsWhileItIsWrittenWhenOneIsLargeEnough() throws IOException {
        Path file = temp.resolve("server.log");
        Path older = temp.resolve("server.log.1");
        Files.writeString(file, "from before\n");
        try (ServerLog log = log(file, 20)) {
            log.write("one");
            log.write("two, which is long");
            log.write("three");
            assertThat(older).hasContent("from before\none\ntwo, which is long\n");
            assertThat(file).hasContent("three\n");
            log.write("four, which is long too");
            log.write("five");
        }
        assertThat(older).hasContent("three\nfour, which is long too\n");
        assertThat(file).hasContent("five\n");
        assertThat(console).isEmpty();
    }

    @Test
    void whatCannotBeWrittenIsLeftOutAndToldOnce() throws IOException {
        Path file = temp.resolve("logs").resolve("server.log");
        try (ServerLog log = log(file, 1000)) {
            log.write("one");
            log.write("two");
            assertThat(console).singleElement().asString().contains("server.log cannot be written");
            Files.createDirectory(file.getParent());
            log.write("three");
            log.write("four");
        }
        assertThat(file).hasContent("three\nfour\n");
        assertThat(console).hasSize(2).last().asString().contains("is written again");
    }

    private static void eventually(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time is over").isLessThan(until);
            new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aServerWhoseDiskIsFullIsHeardAllTheSame() throws Exception {
        Path full = Files.createSymbolicLink(temp.resolve("server.log"), Path.of("/dev/full"));
        List<String> heard = new CopyOnWriteArrayList<>();
        OwnedProcess process = OwnedProcess.start(new OwnedProcess.Plan(
                List.of(
                        "sh",
                        "-c",
                        "echo '2026-11-22T05:03:06 WARNING  a.B: one'; echo '2026-11-22T05:03:06 WARNING  a.B: two'; exec sleep 60"),
                temp,
                Map.of(),
                temp.resolve("pid"),
                null));
        ServerProcess server = new ServerProcess(process, full, heard::add);
        try {
            eventually(() -> heard.stream().anyMatch(line -> line.endsWith("two")));
            assertThat(heard).anyMatch(line -> line.contains("cannot be written"));
            assertThat(process.alive()).isTrue();
        } finally {
            server.stop();
        }
    }
}
