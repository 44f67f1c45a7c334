package io.carillon.it.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Clients that look at tasks which wait. */
final class Status {
    private static final Pattern ID = Pattern.compile("\"data\":\"(TASK-[^\"]+)\"");
    private static final byte[] WAITING = "\"waiting\"".getBytes(UTF_8);
    private static final int DEPTH = 20_000;
    private static final int MOST = 100_000;
    private static final int READ = 2_000;
    private static final int CLIENTS = 16;

    private Status() {}

    static Measured measure(Environment environment) throws IOException {
        List<String> cpu = new ArrayList<>();
        List<String> figures = new ArrayList<>();
        for (int level = 0; level <= 1; level++) {
            String queue = environment.newQueue();
            environment.fill(queue, level, DEPTH);
            Figures found = of(environment, queue, level);
            figures.add("level " + level + ": " + Figures.count(found.perSecond()) + "/s, p99 "
                    + Figures.number(found.tally().ms(0.99)) + " ms" + found.errorText());
            cpu.add(level + ": " + found.cpuText());
        }
        return new Measured(String.join("; ", figures), String.join("; ", cpu));
    }

    /** Reads the newest tasks of a queue, in no order. */
    static Figures of(Environment environment, String queue, int level) throws IOException {
        List<Request> looks = new ArrayList<>();
        for (int i = 0; i < READ / Many.SIZE; i++) {
            Request put = environment.target().post("/v1/queue/put-many", Bodies.putMany(queue, level, Many.SIZE));
            Matcher ids = ID.matcher(environment.target().call(put));
            while (ids.find()) {
                looks.add(environment.target().get("/v1/queue/" + ids.group(1)));
            }
        }
        return environment.measure(
                "status-" + level,
                "status of a task, level " + level + ", " + queue,
                MOST,
                limit -> load(environment, looks, limit));
    }

    private static Load load(Environment environment, List<Request> looks, Limit limit) {
        Load load = new Load(environment.target());
        int[] next = new int[1];
        return load.clients(CLIENTS, () -> answer -> {
            if (answer != null && answer.ok() && answer.count(WAITING) == 0) {
                load.tally().error("not waiting: " + answer);
            } else if (answer != null) {
                load.tally().count(answer);
            }
            next[0] = (next[0] + 37) % looks.size();
            return limit.next() ? looks.get(next[0]) : null;
        });
    }
}
