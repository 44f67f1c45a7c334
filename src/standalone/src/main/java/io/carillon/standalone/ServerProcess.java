package io.carillon.standalone;

import io.carillon.stores.OwnedProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Payara Micro with our WAR, as a process. Its log goes to a file; what an operator wants to see of it goes to the console
 * as well: our own lines, warnings and errors, not the application server's chatter.
 */
final class ServerProcess {
    private static final Duration GRACE = Duration.ofSeconds(7);
    private static final Duration READY_WITHIN = Duration.ofMinutes(8);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);
    private static final long LARGEST_LOG = 64L << 20;
    private static final Duration LOG_AGAIN = Duration.ofSeconds(5);
    private static final Pattern BEGINNING = Pattern.compile("^\\d{4}-\\d\\d-\\d\\dT\\S+ ([A-Z]+) +(\\S+): .*");
    /** The same with CARILLON_LOG_FORMAT=json, which holds from when the application starts. */
    private static final Pattern JSON =
            Pattern.compile("^\\{\"time\":\"[^\"]*\",\"level\":\"([A-Z]+)\",\"logger\":\"([^\"]*)\".*");

    private static final Pattern DEPLOYED = Pattern.compile(" was successfully deployed in .* milliseconds\\.(\"})?$");
    /** Comes after {@link #DEPLOYED}: what is deployed starts only then. */
    private static final Pattern NOT_STARTED = Pattern.compile("Startup of context .* failed due to previous errors");

    private static final Pattern BOOTED = Pattern.compile(" ready in .*\\(ms\\)(\"})?$");

    private final OwnedProcess process;
    private final Path log;
    private final Consumer<String> console;
    private final Thread reader;
    private volatile boolean deployed;
    private volatile boolean booted;
    private volatile boolean stopping;

    /** @param log where what it says goes */
    ServerProcess(OwnedProcess process, Path log, Consumer<String> console) {
        this.process = process;
        this.log = log;
        this.console = console;
        this.reader = new Thread(this::read, "server log");
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts it; {@link #awaitReady} tells when it answers. */
    static ServerProcess start(
            Settings settings,
            int port,
            DataDirectory directory,
            Bundle bundle,
            Map<String, String> more,
            Consumer<String> console) {
        Path work = directory.freshServerDirectory();
        Path temporary = work.resolve("tmp");
        try {
            Files.createDirectories(temporary);
        } catch (IOException e) {
            throw new Obstacle("Cannot write to " + directory.root() + ": " + e.getMessage());
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add(mark(directory.root()));
        command.add("-Djava.io.tmpdir=" + temporary);
        command.add("-XX:+ExitOnOutOfMemoryError");
        if (Runtime.version().feature() >= 24) {
            // libraries of the application server still use these; without the options each start warns at length
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(settings.javaOptions());
        command.addAll(List.of(
                "-jar",
                bundle.file("payara-micro.jar").toString(),
                "--nocluster",
                "--nohazelcast",
                "--nohostaware",
                "--disablephonehome",
                "--rootdir",
                work.resolve("root").toString(),
                "--logproperties",
                bundle.file("logging.properties").toString(),
                "--prebootcommandfile",
                bundle.file("preboot.asadmin").toString(),
                "--postbootcommandfile",
                bundle.file("postboot.asadmin").toString(),
                "--addlibs",
                bundle.file("mariadb-java-client.jar").toString(),
                "--port",
                Integer.toString(port),
                "--contextroot",
                "/",
                "--deploy",
                bundle.file("carillon.war").toString()));
        Map<String, String> environment = new HashMap<>(settings.environment());
        environment.putAll(more);
        OwnedProcess process = OwnedProcess.start(
                new OwnedProcess.Plan(command, work, environment, directory.pidFile("server"), null));
        return new ServerProcess(process, directory.serverLog(), console);
    }

    /** The argument by which a server of that data directory is known among all processes. */
    private static String mark(Path dataDirectory) {
        return "-Dcarillon.data.dir=" + dataDirectory;
    }

    /** Ends a server of that data directory which a killed launcher left behind. */
    static List<Long> endOrphans(Path dataDirectory) {
        return OwnedProcess.endOrphans("java", mark(dataDirectory), GRACE);
    }

    private void read() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(process.output(), StandardCharsets.UTF_8));
                ServerLog file = new ServerLog(log, LARGEST_LOG, LOG_AGAIN, console)) {
            boolean shown = true;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                file.write(line);
                if (!booted) {
                    deployed |= DEPLOYED.matcher(line).find();
                    deployed &= !NOT_STARTED.matcher(line).find();
                    booted = BOOTED.matcher(line).find();
                }
                var beginning = (line.startsWith("{") ? JSON : BEGINNING).matcher(line);
                if (beginning.matches()) {
                    shown = interesting(beginning.group(1), beginning.group(2));
                } else if (stopping) {
                    // the log is closed by then, and the application server prints what goes through its mind
                    shown = false;
                }
                if (shown && !line.isBlank()) {
                    console.accept(line);
                }
            }
        } catch (IOException e) {
            // the process has ended; whoever supervises it says so
        }
    }

    private static boolean interesting(String level, String logger) {
        // Payara remarks without a logger's name that it took notice of a changed setting
        return logger.startsWith("io.carillon")
                || List.of("WARNING", "SEVERE", "WARN", "ERROR").contains(level) && !logger.equals("null");
    }

    /**
     * Waits until the server says that it is ready to serve.
     *
     * @throws Obstacle when it ends, cannot be deployed, or does not get ready in time
     */
    void awaitReady(URI url) {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(2))
                .build();
        HttpRequest question =
                HttpRequest.newBuilder(url.resolve("/health/ready")).build();
        long deadline = System.nanoTime() + READY_WITHIN.toNanos();
        String answer = "none";
        while (System.nanoTime() < deadline) {
            if (!process.alive()) {
                throw new Obstacle("The server ended while it started, exit code "
                        + process.exitCode().orElse(-1) + "; its log is " + log);
            }
            if (booted && !deployed) {
                throw new Obstacle("The application could not start; why, its log says: " + log);
            }
            if (booted) {
                try {
                    // A request's own timeout ends with the answer's head, and a server that starts may not send the
                    // rest.
                    HttpResponse<String> response = client.sendAsync(question, HttpResponse.BodyHandlers.ofString())
                            .get(ANSWER_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
                    answer = response.statusCode() + " " + response.body();
                    if (response.statusCode() == 200 || response.statusCode() == 404) {
                        return;
                    }
                } catch (ExecutionException e) {
                    answer = e.getCause().toString();
                } catch (TimeoutException e) {
                    answer = "nothing for " + ANSWER_WITHIN.toSeconds() + " s";
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new Obstacle("Interrupted while the server started");
                }
            }
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
        throw new Obstacle("The server did not get ready within " + READY_WITHIN.toMinutes()
                + " minutes; /health/ready last said: " + answer.replaceAll("\\s+", " "));
    }

    OwnedProcess process() {
        return process;
    }

    void stop() {
        stopping = true;
        process.stop(GRACE);
        try {
            reader.join(1_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
