package io.carillon.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.stores.SharedStores;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real program in a process of its own, with things in its way. */
class CarillonTest {
    @TempDir
    Path temp;

    private record Run(int exitCode, String errors) {}

    @Test
    void aPortInUseIsOneLineAndExitCodeOne() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            assertObstacle(run(Map.of("CARILLON_HTTP_PORT", port)), "Port " + port, "CARILLON_HTTP_PORT");
        }
    }

    @Test
    void anUnusablePortIsOneLineAndExitCodeOne() throws Exception {
        assertObstacle(run(Map.of("CARILLON_HTTP_PORT", "http")), "CARILLON_HTTP_PORT");
    }

    @Test
    void aDataDirectoryThatCannotBeMadeIsOneLineAndExitCodeOne() throws Exception {
        Path file = Files.createFile(temp.resolve("a file"));
        assertObstacle(run(Map.of("CARILLON_DATA_DIR", file.resolve("data").toString())), "CARILLON_DATA_DIR");
    }

    @Test
    void aForeignAddressIsOneLineAndExitCodeOne() throws Exception {
        assertObstacle(run(Map.of("CARILLON_BIND", "192.0.2.77")), "192.0.2.77");
    }

    @Test
    void aWrongRedisPasswordIsOneLineAndExitCodeOne() throws Exception {
        String url = "redis://:wrong-one@" + SharedStores.redis().address();
        Run run = run(Map.of(
                "CARILLON_REDIS_URL",
                url,
                "CARILLON_DATABASE_URL",
                SharedStores.mariaDb().url(),
                "CARILLON_DATABASE_PASSWORD",
                SharedStores.mariaDb().password()));
        assertObstacle(run, "Redis", "CARILLON_REDIS_URL");
        assertThat(run.errors()).doesNotContain("wrong-one");
    }

    @Test
    void aWrongDatabasePasswordIsOneLineAndExitCodeOne() throws Exception {
        Run run = run(Map.of(
                "CARILLON_REDIS_URL", SharedStores.redis().url(),
                "CARILLON_DATABASE_URL", SharedStores.mariaDb().url(),
                "CARILLON_DATABASE_USER", SharedStores.mariaDb().user(),
                "CARILLON_DATABASE_PASSWORD", "wrong-one"));
        assertObstacle(run, "Access denied", "CARILLON_DATABASE_URL");
        assertThat(run.errors()).doesNotContain("wrong-one");
    }

    @Test
    void anUnreachableRedisIsOneLineAndExitCodeOne() throws Exception {
        int nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = socket.getLocalPort();
        }
        Run run = run(Map.of(
                "CARILLON_REDIS_URL", "redis://127.0.0.1:" + nobody,
                "CARILLON_DATABASE_URL", SharedStores.mariaDb().url(),
                "CARILLON_DATABASE_PASSWORD", SharedStores.mariaDb().password()));
        assertObstacle(run, "127.0.0.1:" + nobody, "CARILLON_REDIS_URL");
    }

    private static void assertObstacle(Run run, String... words) {
        assertThat(run.errors().lines()).as(run.errors()).hasSize(1);
        assertThat(run.errors()).startsWith("carillon: ").contains(words);
        assertThat(run.exitCode()).isEqualTo(1);
    }

    private Run run(Map<String, String> environment) throws IOException, InterruptedException {
        Path errors = temp.resolve("errors");
        ProcessBuilder builder = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.carillon.standalone.Carillon"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(errors.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("CARILLON_"));
        builder.environment().put("CARILLON_HTTP_PORT", "0");
        builder.environment().put("CARILLON_DATA_DIR", temp.resolve("data").toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Run(process.exitValue(), Files.readString(errors, StandardCharsets.UTF_8));
        } finally {
            process.destroyForcibly();
        }
    }
}
