package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.it.support.Launched;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees when the launcher cannot do its work. */
class LauncherIT {
    @TempDir
    private Path directory;

    @Test
    void anApplicationThatCannotStartEndsTheLauncherAndSaysWhy() {
        Map<String, String> wrong = Map.of("CARILLON_OPENAI_PATHS", "no path");
        assertThatThrownBy(() -> Launched.start(directory, wrong))
                .hasStackTraceContaining("The application could not start")
                .hasStackTraceContaining("CARILLON_OPENAI_PATHS");
    }
}
