package io.carillon.it.support;

import io.carillon.stores.Cache;
import io.carillon.stores.FreePort;
import io.carillon.stores.SharedStores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A WildFly with the WAR, on a Redis and a MariaDB of this JVM, as README.md says: the commands in {@code
 * server-config/wildfly}, then the two files in its directory of deployments.
 */
public final class WildFly implements AutoCloseable {
    private static final Path HOME = Path.of("target", "wildfly", "wildfly-" + System.getProperty("carillon.wildfly"))
            .toAbsolutePath();
    private static final Path BASE = Path.of("target", "wildfly", "standalone").toAbsolutePath();
    private static final Path DEPLOYMENTS = BASE.resolve("deployments");
    private static final Path LOG = BASE.resolve("out.log");
    private static final Duration READY_WITHIN = Duration.ofMinutes(4);
    private static final String KEY = "key-of-the-war";

    private final Process process;
    private final Server server;

    private WildFly(Process process, int port) {
        this.process = process;
        this.server = new Server(URI.create("http://127.0.0.1:" + port + "/"), KEY);
    }

    /** Starts one and waits until it says that it is ready. */
    public static WildFly start() {
        try {
            configure();
            int port = FreePort.find();
            ProcessBuilder builder = script(
                    "standalone.sh",
                    "-c",
                    "standalone-microprofile.xml",
                    "-Djboss.server.base.dir=" + BASE,
                    "-Djboss.management.http.port=" + FreePort.find());
            builder.environment().put("JAVA_OPTS", "-Xmx512m -XX:TieredStopAtLevel=1 -Djava.net.preferIPv4Stack=true");
            // A signal to the script then reaches the server.
            builder.environment().put("LAUNCH_JBOSS_IN_BACKGROUND", "true");
            builder.environment().put("CARILLON_HTTP_PORT", Integer.toString(port));
            builder.environment().put("CARILLON_ADMIN_KEY", KEY);
            builder.environment().put("CARILLON_LOG_LEVEL", "debug");
            builder.environment()
                    .put("CARILLON_FILES_DIR", BASE.resolve("files").toString());
            builder.environment().put("CARILLON_REDIS_URL", SharedStores.redis().url());
            builder.environment()
                    .put(
                            "CARILLON_DATABASE_URL",
                            SharedStores.mariaDb().freshDatabase().getUrl().replaceFirst("\\?.*", ""));
            builder.environment()
                    .put("CARILLON_DATABASE_USER", SharedStores.mariaDb().user());
            builder.environment()
                    .put("CARILLON_DATABASE_PASSWORD", SharedStores.mariaDb().password());
            WildFly wildFly = new WildFly(builder.start(), port);
            Runtime.getRuntime().addShutdownHook(new Thread(wildFly::close, "stop WildFly"));
            wildFly.awaitReady();
            return wildFly;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void configure() throws IOException {
        Cache.removeTree(BASE);
        Files.createDirectories(DEPLOYMENTS);
        Files.createDirectories(BASE.resolve("configuration"));
        try (Stream<Path> files = Files.list(HOME.resolve("standalone").resolve("configuration"))) {
            for (Path file : files.toList()) {
                Files.copy(file, BASE.resolve("configuration").resolve(file.getFileName()));
            }
        }
        ProcessBuilder commands =
                script("jboss-cli.sh", "--file=" + Path.of("..", "server-config", "wildfly", "carillon.cli"));
        commands.environment().put("JAVA_OPTS", "-XX:TieredStopAtLevel=1 -Djboss.server.base.dir=" + BASE);
        Process configured = commands.start();
        try {
            if (!configured.waitFor(2, TimeUnit.MINUTES) || configured.exitValue() != 0) {
                configured.destroyForcibly();
                throw new AssertionError("WildFly was not configured:\n" + Files.readString(LOG));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted", e);
        }
        Files.copy(
                Path.of(
                        System.getProperty("carillon.repository"),
                        "org/mariadb/jdbc/mariadb-java-client",
                        System.getProperty("carillon.driver"),
                        "mariadb-java-client-" + System.getProperty("carillon.driver") + ".jar"),
                DEPLOYMENTS.resolve("mariadb-java-client.jar"));
        Files.copy(Path.of("..", "src", "server", "target", "carillon.war"), DEPLOYMENTS.resolve("carillon.war"));
    }

    private static ProcessBuilder script(String name, String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(HOME.resolve("bin").resolve(name).toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(LOG.toFile()));
        builder.environment().keySet().removeIf(variable -> variable.startsWith("CARILLON_"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder;
    }

    private void awaitReady() throws IOException {
        try {
            Eventually.get(READY_WITHIN, () -> !process.isAlive() || ready(), over -> over);
            if (!process.isAlive()) {
                throw new AssertionError("WildFly ended");
            }
        } catch (AssertionError failure) {
            close();
            throw new AssertionError(failure.getMessage() + "; it said:\n" + Files.readString(LOG), failure);
        }
    }

    private boolean ready() {
        try {
            return server.get("/health/ready").status() == 200
                    && server.get("/actuator/health").status() == 200;
        } catch (AssertionError notYet) {
            return false;
        }
    }

    public Server server() {
        return server;
    }

    /** What it has logged so far. */
    public String log() {
        try {
            return Files.readString(LOG);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        process.destroy();
        try {
            process.waitFor(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
    }
}
