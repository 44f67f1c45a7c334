package io.carillon.it.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.carillon.it.bench.Row.Measured;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Batches, from when they are created until they are completed, with workers that answer at once. */
final class Batches {
    private static final int WORKERS = 4;
    private static final int WAIT_SECONDS = 5;
    private static final Duration PATIENCE = Duration.ofMinutes(30);
    private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(20);
    /** Between two looks at a queue, which cost more. */
    private static final long RARE_LOOK = TimeUnit.MILLISECONDS.toNanos(100);

    private static final int LARGE = 50_000;
    private static final int SHORT_LINE = 200;
    private static final int LONG_LINE = 1024;
    private static final int TIMES = 3;
    private static final String BOUNDARY = "a-boundary-that-no-file-has";
    private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]+)\"");
    private static final Pattern STATUS = Pattern.compile("\"status\":\"([^\"]+)\"");
    private static final Pattern WAITING = Pattern.compile("\"waiting\":(\\d+)");
    private static final Pattern COMPLETED = Pattern.compile("\"completed\":(\\d+)");
    private static final byte[] ACCEPTED = "\"accepted\":true".getBytes(UTF_8);
    private static final byte[] TASKS_TAKEN = "\"tasks\":{".getBytes(UTF_8);

    private final Environment environment;
    private final Target target;
    private final String queue;
    private final String file;
    private final int lines;

    private Batches(Environment environment, int lines, int bytes) throws IOException {
        this.environment = environment;
        this.target = environment.target();
        this.queue = environment.newQueue();
        this.lines = lines;
        this.file = upload(bytes);
    }

    static Measured thousand(Environment environment) throws IOException {
        warmUp(environment);
        return middle(environment, 1_000);
    }

    static Measured tenThousand(Environment environment) throws IOException {
        warmUp(environment);
        return middle(environment, 10_000);
    }

    static Measured fiftyThousand(Environment environment) throws IOException {
        warmUp(environment);
        return middle(environment, LARGE);
    }

    /** Without workers: how fast lines become tasks, when some batches have been split so. */
    static Measured split(Environment environment) throws IOException {
        warmUp(environment);
        List<Measured> splits = new ArrayList<>();
        for (int time = 0; time < TIMES; time++) {
            splits.add(new Batches(environment, LARGE, LONG_LINE).split());
        }
        return splits.get(TIMES - 1);
    }

    /** What the server keeps while a batch runs, looked at all the time. */
    static Measured heap(Environment environment) throws IOException {
        warmUp(environment);
        return new Batches(environment, LARGE, LONG_LINE).heap();
    }

    /** Once, with short lines; that it ends is what counts, for the heap that the server was given is its limit. */
    static Measured million(Environment environment) throws IOException {
        return new Batches(environment, 1_000_000, SHORT_LINE).run().measured();
    }

    private static void warmUp(Environment environment) throws IOException {
        if (environment.isCold("batch")) {
            environment.say(new Batches(environment, LARGE, LONG_LINE).run().figures());
        }
    }

    /** The middle one of three. */
    private static Measured middle(Environment environment, int lines) throws IOException {
        List<Run> runs = new ArrayList<>();
        for (int time = 0; time < TIMES; time++) {
            runs.add(new Batches(environment, lines, LONG_LINE).run());
        }
        runs.sort((a, b) -> Double.compare(a.figures().seconds(), b.figures().seconds()));
        return runs.get(TIMES / 2).measured();
    }

    /**
     * What came of a batch.
     *
     * @param validated seconds until the whole file was checked
     * @param worked seconds until the last line had ended
     */
    private record Run(Figures figures, double validated, double worked) {
        Measured measured() {
            return new Measured(
                    Figures.number(figures.seconds()) + " s (validated after " + Figures.number(validated)
                            + ", all lines ended after " + Figures.number(worked) + ", finalized at "
                            + Figures.count(finalized()) + " lines/s), "
                            + Figures.count(figures.perSecond()) + " lines/s" + figures.errorText(),
                    figures.cpuText());
        }

        /** Lines that came into the files of results each second, when the last of them had ended. */
        private double finalized() {
            return figures.perSecond() * figures.seconds() / (figures.seconds() - worked);
        }
    }

    private Run run() throws IOException {
        Load load = new Load(target);
        load.workers(WORKERS, () -> new Worker(load));
        Batch batch = new Batch(load);
        load.clients(1, () -> batch);
        Figures figures = load.run("batch of " + Figures.count(lines) + " lines", PATIENCE);
        if (batch.completed != lines) {
            throw new IOException("The batch is " + batch.status + " with " + batch.completed + " of " + lines
                    + " lines; " + figures);
        }
        environment.say(figures);
        return new Run(figures, (batch.validated - batch.created) / 1e9, (batch.worked - batch.created) / 1e9);
    }

    private Measured split() throws IOException {
        Load load = new Load(target);
        Batch batch = new Batch(load);
        Request waiting = target.get("/v1/queues/" + queue);
        long[] split = new long[1];
        load.clients(1, () -> answer -> {
            if (batch.validated == 0) {
                return batch.next(answer);
            }
            if (answer.ok() && Integer.parseInt(first(WAITING, answer.text(), "0")) == lines) {
                split[0] = System.nanoTime();
                load.tally().done(lines);
                return null;
            }
            return waiting.after(RARE_LOOK);
        });
        Figures figures = load.run("split of " + Figures.count(lines) + " lines");
        if (split[0] == 0) {
            throw new IOException("The batch is " + batch.status + " and was not split; " + figures);
        }
        environment.say(figures);
        cancel(batch);
        return new Measured(
                Figures.count(lines * 1e9 / (split[0] - batch.validated)) + " lines/s" + figures.errorText(),
                figures.cpuText());
    }

    /** Its tasks are withdrawn before something else is measured. */
    private void cancel(Batch batch) throws IOException {
        target.call(target.post("/v1/batches/" + batch.id + "/cancel", "{}"));
        Load load = new Load(target);
        load.clients(1, () -> answer -> {
                    boolean ended = answer != null
                            && first(STATUS, answer.text(), "unknown").equals("cancelled");
                    return ended ? null : target.get("/v1/batches/" + batch.id).after(RARE_LOOK);
                })
                .run("cancel");
    }

    private Measured heap() throws IOException {
        Long server = target.processes().pids().get("server");
        if (server == null) {
            return new Measured("not measured: the server's process is not known", "");
        }
        long before = Heap.live(server);
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Long> looking = CompletableFuture.supplyAsync(() -> mostUntil(over, server));
        Figures figures;
        try {
            figures = run().figures();
        } finally {
            over.set(true);
        }
        long most = looking.join();
        return new Measured(
                Figures.count((most - before) / 1e6) + " MB: at most " + Figures.count(most / 1e6) + " MB, before "
                        + Figures.count(before / 1e6) + " MB" + figures.errorText(),
                "");
    }

    private static long mostUntil(AtomicBoolean over, long server) {
        long most = 0;
        try {
            while (!over.get()) {
                most = Math.max(most, Heap.live(server));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return most;
    }

    private String upload(int bytes) throws IOException {
        String head = "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--"
                + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\n\r\n";
        InputStream body = new SequenceInputStream(Collections.enumeration(List.of(
                new ByteArrayInputStream(head.getBytes(US_ASCII)),
                new SequenceInputStream(input(bytes)),
                new ByteArrayInputStream(("\r\n--" + BOUNDARY + "--\r\n").getBytes(US_ASCII)))));
        HttpRequest request = HttpRequest.newBuilder(target.url().resolve("/v1/files"))
                .header("Authorization", "Bearer " + target.key())
                .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                .POST(BodyPublishers.ofInputStream(() -> body))
                .build();
        try {
            HttpResponse<String> answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException("The input file was refused: " + answer.body());
            }
            return first(ID, answer.body(), "");
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    /** The lines one after the other, so that a large file is never in memory. */
    private Enumeration<InputStream> input(int bytes) {
        return new Enumeration<>() {
            private int number;

            @Override
            public boolean hasMoreElements() {
                return number < lines;
            }

            @Override
            public InputStream nextElement() {
                String begin = "{\"custom_id\":\"line-" + ++number + "\",\"method\":\"POST\",\"url\":"
                        + "\"/v1/chat/completions\",\"body\":{\"model\":\"" + queue
                        + "\",\"messages\":[{\"role\":\"user\",\"content\":\"";
                String end = "\"}]}}\n";
                int filler = Math.max(0, bytes - begin.length() - end.length());
                return new ByteArrayInputStream((begin + "x".repeat(filler) + end).getBytes(US_ASCII));
            }
        };
    }

    private static String first(Pattern pattern, String text, String otherwise) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : otherwise;
    }

    /** Creates the batch, and looks at it until it has ended. */
    private final class Batch implements Client {
        private final Load load;
        private String id;
        private String status = "not created";
        private int completed;
        private long created;
        private long validated;
        private long worked;

        Batch(Load load) {
            this.load = load;
        }

        @Override
        public Request next(Response answer) {
            if (answer == null) {
                created = System.nanoTime();
                return target.post(
                        "/v1/batches",
                        "{\"input_file_id\":\"" + file
                                + "\",\"endpoint\":\"/v1/chat/completions\",\"completion_window\":\"24h\"}");
            }
            if (!answer.ok()) {
                load.tally().error(answer.toString());
                return null;
            }
            look(answer.text());
            boolean live = List.of("validating", "in_progress", "finalizing").contains(status);
            return live ? target.get("/v1/batches/" + id).after(LOOK) : null;
        }

        private void look(String batch) {
            id = id == null ? first(ID, batch, "") : id;
            status = first(STATUS, batch, "unknown");
            completed = Integer.parseInt(first(COMPLETED, batch, "0"));
            long now = System.nanoTime();
            validated = validated == 0 && !status.equals("validating") ? now : validated;
            worked = worked == 0 && completed == lines ? now : worked;
        }
    }

    /** Takes what there is and ends it with the next request, until the batch has ended. */
    private final class Worker implements Client {
        private final Load load;
        private final String take = Bodies.take(queue, 1, Many.SIZE, WAIT_SECONDS);
        private int sent;

        Worker(Load load) {
            this.load = load;
        }

        @Override
        public Request next(Response answer) {
            List<String> taken = List.of();
            if (answer != null) {
                int accepted = answer.count(ACCEPTED);
                load.tally().done(accepted);
                if (!answer.ok() || accepted < sent) {
                    load.tally().error(answer.toString());
                }
                taken = answer.taskIds(sent == 0 ? null : TASKS_TAKEN);
            }
            if (load.over()) {
                return null;
            }
            sent = taken.size();
            return sent == 0
                    ? target.post("/v1/queue/take", take)
                    : target.post("/v1/queue/complete-many", Bodies.completeMany(taken, take));
        }
    }
}
