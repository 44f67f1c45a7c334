package io.carillon.standalone;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the launcher itself needs to know of the environment. The server gets all of {@code CARILLON_*}, so a setting of the
 * server needs no line here.
 *
 * @param port 0 when a free one shall be found
 * @param dataDirectory absolute
 * @param redis address of a Redis that somebody else runs; empty for the embedded one
 * @param database MariaDB that somebody else runs; empty for the embedded one
 * @param javaOptions for the server's JVM; the given ones, and a collector where they name none
 * @param environment everything, as given
 */
record Settings(
        String bind,
        int port,
        Path dataDirectory,
        Optional<String> adminKey,
        Optional<RedisAddress> redis,
        Optional<Account> database,
        List<String> javaOptions,
        Map<String, String> environment) {

    private static final String DEFAULT_JAVA_OPTIONS = "-Xmx1g";

    /** Few objects live long here; it saves a tenth of the server's CPU time, see docs/performance.md. */
    private static final String DEFAULT_COLLECTOR = "-XX:+UseParallelGC";

    private static final Pattern COLLECTOR = Pattern.compile("-XX:\\+Use(Serial|Parallel|G1|Z|Shenandoah|Epsilon)GC");

    /** Where a JVM looks for options by itself. */
    private static final List<String> OPTIONS_OF_THE_JVM = List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS");

    /** A database and who may use it. */
    record Account(String url, String user, String password) {
        private static final String BULK = "useBulkStmts";

        /** With what the server gains by: a batch of changes of one kind is one statement. */
        String urlForTheServer() {
            if (url.contains(BULK)) {
                return url;
            }
            return url + (url.contains("?") ? "&" : "?") + BULK + "=true";
        }

        @Override
        public String toString() {
            return url.replaceFirst("\\?.*", "");
        }
    }

    /** @throws Obstacle when a value cannot be used */
    static Settings of(Map<String, String> environment) {
        return new Settings(
                text(environment, "CARILLON_BIND").orElse("127.0.0.1"),
                port(text(environment, "CARILLON_HTTP_PORT").orElse("8080")),
                directory(text(environment, "CARILLON_DATA_DIR").orElse("data")),
                text(environment, "CARILLON_ADMIN_KEY"),
                text(environment, "CARILLON_REDIS_URL").map(RedisAddress::of),
                text(environment, "CARILLON_DATABASE_URL").map(url -> database(url, environment)),
                javaOptions(environment),
                Map.copyOf(environment));
    }

    /** As if these variables had been in the environment too. */
    Settings with(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(environment);
        all.putAll(more);
        return of(all);
    }

    private static Optional<String> text(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    private static List<String> javaOptions(Map<String, String> environment) {
        List<String> given = List.of(text(environment, "CARILLON_JAVA_OPTS")
                .orElse(DEFAULT_JAVA_OPTIONS)
                .split("\\s+"));
        Stream<String> ofTheJvm = OPTIONS_OF_THE_JVM.stream().flatMap(name -> text(environment, name).stream());
        if (Stream.concat(given.stream(), ofTheJvm)
                .anyMatch(options -> COLLECTOR.matcher(options).find())) {
            return given;
        }
        return Stream.concat(Stream.of(DEFAULT_COLLECTOR), given.stream()).toList();
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port >= 0 && port <= 65_535) {
                return port;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new Obstacle("CARILLON_HTTP_PORT is a number from 0 to 65535, not '" + text + "'");
    }

    private static Path directory(String text) {
        try {
            return Path.of(text).toAbsolutePath().normalize();
        } catch (InvalidPathException e) {
            throw new Obstacle("CARILLON_DATA_DIR is not a path: '" + text + "'");
        }
    }

    private static Account database(String url, Map<String, String> environment) {
        if (!url.startsWith("jdbc:mariadb:")) {
            throw new Obstacle(
                    "CARILLON_DATABASE_URL looks like jdbc:mariadb://host:3306/carillon; the given one does not");
        }
        return new Account(
                url,
                text(environment, "CARILLON_DATABASE_USER").orElse("carillon"),
                environment.getOrDefault("CARILLON_DATABASE_PASSWORD", ""));
    }
}
