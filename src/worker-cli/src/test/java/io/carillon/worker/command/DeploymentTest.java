package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files with which operators start the command. */
class DeploymentTest {
    private static final Path ROOT = Path.of("..", "..");
    private static final Pattern OPTION = Pattern.compile("-X[^\\s\",]+");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "docker/worker.Dockerfile",
                "server-config/worker/carillon-worker@.service",
                "server-config/worker/crontab",
                "server-config/worker/supervisor.conf"
            })
    void startsTheSameJvmAsTheUnitThatIsMeasured(String file) throws IOException {
        assertThat(options(file)).isNotEmpty().isEqualTo(options("server-config/worker/carillon-worker.service"));
    }

    private static List<String> options(String file) throws IOException {
        return OPTION.matcher(Files.readString(ROOT.resolve(file)))
                .results()
                .map(MatchResult::group)
                .toList();
    }
}
