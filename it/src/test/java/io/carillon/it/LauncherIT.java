package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.it.support.Eventually;
import io.carillon.it.support.Launched;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** What an operator sees when the launcher cannot do its work. */
@Isolated("its server has only so long to start")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class LauncherIT {
    @TempDir
    private Path directory;

    @Test
    void anApplicationThatCannotStartEndsTheLauncherAndSaysWhy() {
        Map<String, String> wrong = Map.of("CARILLON_OPENAI_PATHS", "no path");
        assertThatThrownBy(() -> Launched.start(directory, wrong).close())
                .hasStackTraceContaining("The application could not start")
                .hasStackTraceContaining("CARILLON_OPENAI_PATHS");
    }

    @Test
    void aKeyThatWasGivenIsNotWritten() {
        String key = "sk-carillon-given-0123456789012345678901234567890";
        try (Launched launched = Launched.start(directory, Map.of("CARILLON_ADMIN_KEY", key))) {
            Eventually.get(Duration.ofSeconds(20), launched::said, said -> said.contains("/v1/queue/register"));
            assertThat(launched.said()).contains("Bearer $CARILLON_ADMIN_KEY").doesNotContain(key);
        }
    }
}
