package io.carillon.it.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Clients that put a server under load together, and what comes of it. For one thread, and one run. */
final class Load {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration AFTERWARDS = Duration.ofSeconds(40);

    private final Tally tally = new Tally();
    private final List<Client> clients = new ArrayList<>();
    private final List<Client> workers = new ArrayList<>();
    private final Target target;
    private int left;

    Load(Target target) {
        this.target = target;
    }

    Target target() {
        return target;
    }

    Tally tally() {
        return tally;
    }

    /** Adds clients that are measured until the last of them has done what it should. */
    Load clients(int many, Supplier<Client> client) {
        for (int i = 0; i < many; i++) {
            Client one = client.get();
            clients.add(answer -> {
                Request next = one.next(answer);
                left -= next == null ? 1 : 0;
                return next;
            });
        }
        return this;
    }

    /** Adds clients that are there before the others begin, and go on until it is {@link #over}. */
    Load workers(int many, Supplier<Client> worker) {
        for (int i = 0; i < many; i++) {
            workers.add(worker.get());
        }
        return this;
    }

    /** Adds clients that do the same again and again. */
    Load repeating(int many, Limit limit, Request request) {
        return clients(many, () -> answer -> {
            if (answer != null) {
                tally.count(answer);
            }
            return limit.next() ? request : null;
        });
    }

    /** Whether the clients have done what they should. */
    boolean over() {
        return left == 0;
    }

    Figures run(String what) throws IOException {
        return run(what, PATIENCE);
    }

    /** @param patience how long it may take at most */
    Figures run(String what, Duration patience) throws IOException {
        try (Loop loop = new Loop(target.address())) {
            left = clients.size();
            for (Client worker : workers) {
                loop.add(worker);
            }
            Meter meter = new Meter(target.processes());
            for (Client client : clients) {
                loop.add(client);
            }
            loop.runUntil(this::over, patience);
            Figures figures = meter.stop(what, tally);
            loop.runUntil(() -> loop.busy() == 0, AFTERWARDS);
            return figures;
        }
    }
}
