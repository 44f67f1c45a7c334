package io.carillon.it.bench;

import io.carillon.stores.OwnedProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * The application server that carries Carillon, with the same options and settings, but with an application that does
 * nothing (it/plain).
 */
final class PlainServer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    /** Good answers in a row, over ten seconds: Payara answers 404 once more after the first ones. */
    private static final int STEADY = 100;

    private final OwnedProcess process;
    private final Target target;

    private PlainServer(OwnedProcess process, Target target) {
        this.process = process;
        this.target = target;
    }

    /** Starts it beside the server of that environment, which must be on this machine and known by its pid. */
    static PlainServer beside(Environment environment) throws IOException {
        Path war = Path.of(Options.property("bench.plain")
                .orElseThrow(() -> new IllegalStateException("bench.plain must name the WAR of it/plain")));
        Long pid = environment.target().processes().pids().get("server");
        if (pid == null) {
            throw new IllegalStateException("The server's process is not known: name its data directory in bench.data");
        }
        Path directory = Path.of("target", "bench-plain").toAbsolutePath();
        Files.createDirectories(directory);
        int port = freePort();
        OwnedProcess process = OwnedProcess.start(new OwnedProcess.Plan(
                command(pid, directory, port, war),
                directory,
                Map.of("CARILLON_BIND", "127.0.0.1"),
                directory.resolve("plain.pid"),
                directory.resolve("plain.log")));
        Target target = new Target(
                URI.create("http://127.0.0.1:" + port + "/"),
                null,
                new Processes(Map.of("plain server", process.pid())));
        PlainServer plain = new PlainServer(process, target);
        // It has a session of its own, which Ctrl-C does not reach.
        Runtime.getRuntime().addShutdownHook(new Thread(plain::close, "stop the plain server"));
        try {
            plain.awaitReady();
            return plain;
        } catch (IOException | RuntimeException e) {
            plain.close();
            throw e;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The command that started Carillon's server, but for what is Carillon's. */
    private static List<String> command(long pid, Path directory, int port, Path war) throws IOException {
        String[] arguments = Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"))
                .split("\0");
        List<String> command = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            String argument = arguments[i];
            if (argument.startsWith("-Dcarillon.") || argument.startsWith("-Djava.io.tmpdir=")) {
                continue;
            }
            switch (argument) {
                case "--postbootcommandfile", "--addlibs" -> i++;
                case "--rootdir" -> replace(command, arguments[i++], directory.resolve("root"));
                case "--port" -> replace(command, arguments[i++], port);
                case "--deploy" -> replace(command, arguments[i++], war);
                default -> command.add(argument);
            }
        }
        return command;
    }

    private static void replace(List<String> command, String option, Object value) {
        command.add(option);
        command.add(value.toString());
    }

    private void awaitReady() throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        Request request = target.post("/echo", "{}");
        int inARow = 0;
        while (true) {
            try {
                boolean there = new Load(target)
                                .repeating(1, new Limit(Duration.ofSeconds(5), 1), request)
                                .run("is it there")
                                .tally()
                                .done()
                        == 1;
                inARow = there ? inARow + 1 : 0;
            } catch (IOException notYet) {
                // as it is until the port is open
                inARow = 0;
            }
            if (inARow == STEADY) {
                return;
            }
            if (System.nanoTime() > end || !process.alive()) {
                throw new IOException("The plain server did not start: " + process.lastWords());
            }
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
    }

    Target target() {
        return target;
    }

    @Override
    public void close() {
        process.stop(Duration.ofSeconds(5));
    }
}
