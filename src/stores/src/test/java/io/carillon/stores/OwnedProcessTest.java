package io.carillon.stores;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnedProcessTest {
    @TempDir
    Path temp;

    @Test
    void onlyAProcessWithThatProgramAndExactlyThatArgumentIsAnOrphan() {
        String mark = temp.resolve("mine").toString();
        OwnedProcess mine = start("sleep.pid", "sh", "-c", "exec sleep 600 # $0", mark);
        OwnedProcess longer = start("longer.pid", "sh", "-c", "sleep 600; true", mark + "-not");
        OwnedProcess reader = start("reader.pid", "sh", "-c", "sleep 600; true", mark);
        OwnedProcess other = start("other.pid", "tail", "-f", "/dev/null", mark);
        try {
            assertThat(OwnedProcess.endOrphans("sh", mark, Duration.ofSeconds(5)))
                    .containsExactly(reader.pid());
            assertThat(reader.awaitExit(Duration.ofSeconds(5))).isTrue();
            assertThat(longer.alive()).isTrue();
        } finally {
            List.of(mine, longer, reader, other).forEach(OwnedProcess::kill);
        }
    }

    @Test
    void whoDoesNotListenToSigtermIsKilledAfterTheGrace() throws Exception {
        OwnedProcess deaf = start("deaf.pid", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done");
        long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (deaf.lastWords().isEmpty() && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }

        assertThat(deaf.stop(Duration.ofMillis(300))).isFalse();

        assertThat(deaf.awaitExit(Duration.ofSeconds(5))).isTrue();
        assertThat(temp.resolve("deaf.pid")).doesNotExist();
    }

    @Test
    void aPidFileThatNamesASuccessorStaysWhenThePredecessorStops() throws Exception {
        OwnedProcess process = start("a.pid", "sleep", "600");
        Files.writeString(temp.resolve("a.pid"), "1\n");

        process.stop(Duration.ofSeconds(5));

        assertThat(temp.resolve("a.pid")).hasContent("1");
    }

    private OwnedProcess start(String pidFile, String... command) {
        return OwnedProcess.start(new OwnedProcess.Plan(
                List.of(command), temp, Map.of(), temp.resolve(pidFile), temp.resolve(pidFile + ".log")));
    }
}
