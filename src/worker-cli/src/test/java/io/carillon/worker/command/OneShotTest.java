package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process for each task. */
@Timeout(30)
class OneShotTest {
    private static final String ANSWER = "echo '{\"task_id\":\"t\",\"result\":1}'";

    private static ChildAnswer ask(Duration startup, Duration limit, String script) throws Exception {
        return new OneShot(
                        new ChildLaunch(List.of("sh", "-c", script), Path.of("."), 0),
                        new Child.Limits(startup, limit, Duration.ofSeconds(5), 1000),
                        Secrets.NONE)
                .ask("q", "t", "{\"task_id\":\"t\"}\n");
    }

    @Test
    void aProcessThatIsAskedForNoHandshakeMayBeSilentWhileItWorks() throws Exception {
        assertThat(ask(null, Duration.ofSeconds(20), "sleep 1; " + ANSWER)
                        .result()
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void aProcessThatIsAskedForAHandshakeMustSayThatItIsReadyInTime() throws Exception {
        assertThatThrownBy(() -> ask(Duration.ofMillis(300), Duration.ZERO, "sleep 60"))
                .isInstanceOf(ChildAnswer.AttemptFailed.class)
                .hasMessage("The child was not ready within 300 ms");
        assertThat(ask(Duration.ofSeconds(3), Duration.ZERO, "echo '{\"status\":\"ready\"}'; sleep 4; " + ANSWER)
                        .result()
                        .asInt())
                .as("once it is ready it has the time of its task")
                .isEqualTo(1);
    }

    @Test
    void theEndOfTheProcessIsTheEndAlsoWhenSomethingElseHoldsItsStandardOutput() {
        assertThatThrownBy(() -> ask(null, Duration.ZERO, "setsid sleep 25 & exit 3"))
                .isInstanceOf(ChildAnswer.AttemptFailed.class)
                .hasMessage("The child ended without an answer (exit code 3)");
    }

    @Test
    void whatTakesTooLongIsKilled() {
        assertThatThrownBy(() -> ask(null, Duration.ofMillis(300), "sleep 60"))
                .hasMessage("The child took longer than 300 ms");
    }
}
