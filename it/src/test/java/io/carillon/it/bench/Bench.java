package io.carillon.it.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Measures the calls that put and complete many tasks, on a server that runs. Needs a JDK only:
 *
 * <pre>{@code
 * java -jar src/standalone/target/carillon-standalone-*.jar                    # in one terminal
 * java it/src/test/java/io/carillon/it/bench/Bench.java --key $(cat data/admin-key) --data data
 * }</pre>
 *
 * <p>Options: {@code --url http://127.0.0.1:8080}, {@code --key}, {@code --data} the launcher's data directory, whose pid
 * files name the processes to account, or {@code --pids server=1,mariadb=2,redis=3}; {@code --tasks 100000} of each row,
 * {@code --many 100} tasks of a call, {@code --clients 4}, {@code --bytes 512} of data, {@code --rows put-1,put-0,work-1,work-0}.
 *
 * <p>Prints one line of JSON for each row. {@code cpu} is in seconds for 1,000 tasks. Run a row twice: the first warms up.
 */
public final class Bench {
    private static final Pattern ID = Pattern.compile("\"task_id\":\"([^\"]+)\"");
    private static final double TICKS = 100;

    private final URI url;
    private final String key;
    private final Map<String, Long> pids;
    private final int many;
    private final int clients;
    private final String data;
    private final String queue = "bench-" + System.currentTimeMillis();

    private Bench(Map<String, String> options) throws IOException {
        url = URI.create(options.getOrDefault("url", "http://127.0.0.1:8080"));
        key = options.getOrDefault("key", System.getenv().getOrDefault("CARILLON_ADMIN_KEY", ""));
        pids = pids(options);
        many = Integer.parseInt(options.getOrDefault("many", "100"));
        clients = Integer.parseInt(options.getOrDefault("clients", "4"));
        int bytes = Integer.parseInt(options.getOrDefault("bytes", "512"));
        data = "{\"text\":\"" + "x".repeat(Math.max(0, bytes - 11)) + "\"}";
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i].substring(2), arguments[i + 1]);
        }
        int tasks = Integer.parseInt(options.getOrDefault("tasks", "100000"));
        Bench bench = new Bench(options);
        for (String row : options.getOrDefault("rows", "put-1,work-1,put-0,work-0,put-1,work-1,put-0,work-0")
                .split(",")) {
            bench.run(row, tasks);
        }
    }

    private static Map<String, Long> pids(Map<String, String> options) throws IOException {
        Map<String, Long> pids = new LinkedHashMap<>();
        if (options.containsKey("pids")) {
            for (String one : options.get("pids").split(",")) {
                pids.put(one.split("=")[0], Long.valueOf(one.split("=")[1]));
            }
        } else if (options.containsKey("data")) {
            for (String part : List.of("server", "mariadb", "redis")) {
                Path file = Path.of(options.get("data"), "run", part + ".pid");
                pids.put(part, Long.valueOf(Files.readString(file).strip()));
            }
        }
        return pids;
    }

    /** {@code put-<level>} puts tasks; {@code work-<level>} takes and completes as many that were put before. */
    private void run(String row, int tasks) throws Exception {
        int level = Integer.parseInt(row.substring(row.indexOf('-') + 1));
        String name = queue + "-" + level;
        try (Client client = new Client()) {
            client.post("/v1/queue/register", "{\"queue\":\"" + name + "\",\"endpoint\":\"/v1/bench\"}");
        }
        Load load = new Load(tasks);
        if (row.startsWith("put")) {
            report(row, measured(load, () -> put(name, level, load)));
            Load rest = new Load(tasks);
            inClients(() -> work(name, level, rest));
        } else {
            Load before = new Load(tasks);
            inClients(() -> put(name, level, before));
            report(row, measured(load, () -> work(name, level, load)));
        }
    }

    /** So many tasks for all clients together, and how long each call took. */
    private static final class Load {
        final AtomicInteger left;
        final ConcurrentLinkedQueue<Long> nanos = new ConcurrentLinkedQueue<>();
        final AtomicInteger done = new AtomicInteger();
        final AtomicInteger errors = new AtomicInteger();
        double seconds;
        Map<String, Double> cpu;

        Load(int tasks) {
            left = new AtomicInteger(tasks);
        }
    }

    private Void put(String name, int level, Load load) throws IOException {
        String put =
                "{\"endpoint\":\"/v1/bench\",\"queue\":\"" + name + "\",\"level\":" + level + ",\"data\":" + data + "}";
        String body = "[" + String.join(",", Collections.nCopies(many, put)) + "]";
        try (Client client = new Client()) {
            while (load.left.addAndGet(-many) >= 0) {
                String answer = timed(load, () -> client.post("/v1/queue/put-many", body));
                int put200 = answer.split("\"code\":200", -1).length - 1;
                load.done.addAndGet(put200);
                load.errors.addAndGet(many - put200);
            }
        }
        return null;
    }

    private Void work(String name, int level, Load load) throws IOException {
        String take = "\"take\":{\"queues\":[\"" + name + ":" + level + "\"],\"size\":" + many + "}}";
        try (Client client = new Client()) {
            String results = "";
            do {
                String body = "{\"results\":[" + results + "]," + take;
                int before = results.isEmpty() ? 0 : results.split("task_id", -1).length - 1;
                String answer = timed(load, () -> client.post("/v1/queue/complete-many", body));
                int accepted = answer.split("\"accepted\":true", -1).length - 1;
                load.done.addAndGet(accepted);
                load.errors.addAndGet(before - accepted);
                int tasks = answer.indexOf("\"tasks\":");
                List<String> next = new ArrayList<>();
                Matcher ids = ID.matcher(answer);
                for (boolean more = ids.find(tasks); more; more = ids.find()) {
                    next.add("{\"task_id\":\"" + ids.group(1)
                            + "\",\"attempt\":1,\"result\":{\"status_code\":200,\"body\":{\"answer\":42}}}");
                }
                results = String.join(",", next);
            } while (!results.isEmpty());
        }
        return null;
    }

    private static String timed(Load load, Callable<String> call) throws IOException {
        long start = System.nanoTime();
        try {
            return call.call();
        } catch (IOException | RuntimeException failure) {
            throw failure;
        } catch (Exception impossible) {
            throw new IllegalStateException(impossible);
        } finally {
            load.nanos.add(System.nanoTime() - start);
        }
    }

    private void inClients(Callable<Void> work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        try {
            List<Future<Void>> all = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                all.add(threads.submit(work));
            }
            for (Future<Void> one : all) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private Load measured(Load load, Callable<Void> work) throws Exception {
        Map<String, Double> before = cpu();
        long start = System.nanoTime();
        inClients(work);
        load.seconds = (System.nanoTime() - start) / 1e9;
        load.cpu = cpu();
        load.cpu.replaceAll((part, used) -> used - before.get(part));
        return load;
    }

    private Map<String, Double> cpu() throws IOException {
        Map<String, Double> used = new LinkedHashMap<>();
        for (Map.Entry<String, Long> one : pids.entrySet()) {
            String stat = Files.readString(Path.of("/proc", one.getValue().toString(), "stat"));
            // after the name, which may have blanks: user and system time are the 12th and 13th
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            used.put(one.getKey(), (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS);
        }
        return used;
    }

    private void report(String row, Load load) {
        long[] nanos = load.nanos.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(nanos);
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "{\"row\":\"%s\",\"clients\":%d,\"many\":%d,\"tasks\":%d,\"errors\":%d,\"tasks_per_s\":%.0f,"
                        + "\"p50_ms\":%.2f,\"p95_ms\":%.2f",
                row,
                clients,
                many,
                load.done.get(),
                load.errors.get(),
                load.done.get() / load.seconds,
                nanos[nanos.length / 2] / 1e6,
                nanos[(int) (nanos.length * 0.95)] / 1e6));
        double all = 0;
        line.append(",\"cpu\":{");
        for (Map.Entry<String, Double> one : load.cpu.entrySet()) {
            double each = one.getValue() * 1000 / Math.max(1, load.done.get());
            all += each;
            line.append(String.format(Locale.ROOT, "\"%s\":%.4f,", one.getKey(), each));
        }
        System.out.println(line.append(String.format(Locale.ROOT, "\"all\":%.4f}}", all)));
    }

    /** One connection that stays open, with one request at a time. */
    private final class Client implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;

        Client() throws IOException {
            socket = new Socket(url.getHost(), url.getPort());
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
        }

        String post(String path, String json) throws IOException {
            byte[] body = json.getBytes(StandardCharsets.UTF_8);
            byte[] head = ("POST " + path + " HTTP/1.1\r\nHost: " + url.getAuthority() + "\r\nAuthorization: Bearer "
                            + key + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
            byte[] request = Arrays.copyOf(head, head.length + body.length);
            System.arraycopy(body, 0, request, head.length, body.length);
            socket.getOutputStream().write(request);
            String status = line();
            int length = -1;
            for (String header = line(); !header.isEmpty(); header = line()) {
                if (header.regionMatches(true, 0, "Content-Length:", 0, 15)) {
                    length = Integer.parseInt(header.substring(15).strip());
                }
            }
            String answer = length >= 0 ? text(length) : chunks();
            if (!status.contains(" 200 ")) {
                throw new IOException(path + ": " + status + ": " + answer);
            }
            return answer;
        }

        private String chunks() throws IOException {
            StringBuilder answer = new StringBuilder();
            for (int length; (length = Integer.parseInt(line(), 16)) > 0; line()) {
                answer.append(text(length));
            }
            line();
            return answer.toString();
        }

        private String text(int length) throws IOException {
            return new String(in.readNBytes(length), StandardCharsets.UTF_8);
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    throw new IOException("The server closed the connection");
                }
                if (c != '\r') {
                    line.append((char) c);
                }
            }
            return line.toString();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
