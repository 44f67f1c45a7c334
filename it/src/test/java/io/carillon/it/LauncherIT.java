package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.it.support.Launched;
import java.nio.file.Path;
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
}
