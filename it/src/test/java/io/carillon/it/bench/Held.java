package io.carillon.it.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** What callers cost who wait, beyond what the application server needs for them anyway. */
final class Held {
    private static final int CALLERS = 10_000;
    private static final int SECONDS = 600;
    private static final double MEGABYTE = 1 << 20;
    private static final byte[] WAITING = ("\"waiting\":" + CALLERS).getBytes(UTF_8);
    private static final Duration PATIENCE = Duration.ofSeconds(240);

    /** Answers all callers, and lets the loop run until they have it. */
    @FunctionalInterface
    private interface Release {
        void run(Loop loop) throws IOException;
    }

    private final Environment environment;
    private final Target target;
    private final Tally tally = new Tally();
    private int left;

    private Held(Environment environment, Target target) {
        this.environment = environment;
        this.target = target;
    }

    static Measured measure(Environment environment) throws IOException {
        Target carillon = environment.target();
        String queue = environment.newQueue();
        Held held = new Held(environment, carillon);
        double ours = held.megabytes(
                carillon.post("/v1/queue/put", Blocking.put(queue, SECONDS)),
                carillon.get("/v1/queue/" + queue + ":0/stats"),
                WAITING,
                loop -> held.answer(loop, queue));
        try (PlainServer plain = PlainServer.beside(environment)) {
            Target other = plain.target();
            Held plainly = new Held(environment, other);
            double theirs = plainly.megabytes(
                    other.post("/hold", Bodies.put(queue, 0)),
                    other.get("/hold"),
                    Integer.toString(CALLERS).getBytes(UTF_8),
                    loop -> other.call(other.delete("/hold")));
            return new Measured(
                    Figures.number(ours - theirs) + " MB: " + Figures.number(ours) + " MB less "
                            + Figures.number(theirs) + " MB" + held.errors() + plainly.errors(),
                    "");
        }
    }

    private String errors() {
        return tally.failed() == 0 ? "" : ", " + tally.failed() + " errors " + tally.errors();
    }

    /** How much more the heap has while they are held; the second time, for the first one loads classes. */
    private double megabytes(Request call, Request look, byte[] allThere, Release release) throws IOException {
        once(call, look, allThere, release);
        return once(call, look, allThere, release);
    }

    private double once(Request call, Request look, byte[] allThere, Release release) throws IOException {
        long pid = target.processes().pids().values().iterator().next();
        long before = Heap.live(pid);
        left = CALLERS;
        try (Loop loop = new Loop(target.address())) {
            for (int i = 0; i < CALLERS; i++) {
                loop.add(answer -> {
                    if (answer == null) {
                        return call;
                    }
                    tally.count(answer);
                    left--;
                    return null;
                });
            }
            await(loop, look, allThere);
            double held = (Heap.live(pid) - before) / MEGABYTE;
            environment.say(CALLERS + " callers held by " + target.url() + ": " + Figures.number(held) + " MB");
            release.run(loop);
            loop.runUntil(() -> left == 0, PATIENCE);
            return held;
        }
    }

    private void await(Loop loop, Request look, byte[] allThere) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        boolean[] there = new boolean[1];
        loop.add(answer -> {
            there[0] = answer != null && answer.count(allThere) > 0;
            return there[0] || System.nanoTime() > end ? null : look.after(TimeUnit.MILLISECONDS.toNanos(200));
        });
        loop.runUntil(() -> there[0], PATIENCE.plusSeconds(1));
    }

    private void answer(Loop loop, String queue) throws IOException {
        for (int i = 0; i < 8; i++) {
            loop.add(new Worker(target, tally, () -> left == 0, Bodies.take(queue, 0, 100, 1)));
        }
    }
}
