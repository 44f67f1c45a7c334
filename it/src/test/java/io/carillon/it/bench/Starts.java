package io.carillon.it.bench;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;
import java.time.Duration;

/** What it takes until the server is there, and until it is warm. */
final class Starts {
    private static final int FIRST = 2_000;
    private static final int CLIENTS = 16;

    private Starts() {}

    static Measured toReady(Environment environment) throws IOException {
        if (!environment.isOurs()) {
            return notOurs();
        }
        return new Measured(Figures.number(environment.restart().toMillis() / 1e3) + " s", "");
    }

    static Measured firstPuts(Environment environment) throws IOException {
        if (!environment.isOurs()) {
            return notOurs();
        }
        Figures warm = Puts.warm(environment, 1, CLIENTS);
        environment.restart();
        Limit limit = new Limit(Duration.ofMinutes(2), FIRST);
        Figures first = Puts.load(environment, 1, CLIENTS, limit).run("first puts after a start");
        environment.say(first);
        return new Measured(
                Figures.number(first.cpuPerThousand() / warm.cpuPerThousand()) + " times; "
                        + Figures.number(first.seconds()) + " s" + first.errorText(),
                "first: " + first.cpuText() + "; warm: " + warm.cpuText());
    }

    private static Measured notOurs() {
        return new Measured("not measured: the server is not ours to stop", "");
    }
}
