package io.carillon.it.bench;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;
import java.util.Optional;

/** What the application server does in the same time when it only sends the body of a put back. */
final class Echo {
    private static final int CLIENTS = 16;

    private Echo() {}

    static Measured share(Environment environment) throws IOException {
        Figures put = Puts.warm(environment, 0, CLIENTS);
        Figures echo = warm(environment);
        return new Measured(
                Figures.number(100 * put.perSecond() / echo.perSecond()) + " %: " + Figures.count(put.perSecond())
                        + "/s of " + Figures.count(echo.perSecond()) + "/s" + Rows.errors(echo),
                "put: " + put.cpuText() + "; echo: " + echo.cpuText());
    }

    private static Figures warm(Environment environment) throws IOException {
        return environment.once("echo", () -> {
            try (PlainServer plain = PlainServer.beside(environment)) {
                Request request = plain.target().post("/echo", Bodies.put("bench", 0));
                Optional<Limit> warmUp = environment.warmUp("echo");
                if (warmUp.isPresent()) {
                    environment.say(new Load(plain.target())
                            .repeating(CLIENTS, warmUp.get(), request)
                            .run("warm-up"));
                }
                return new Load(plain.target())
                        .repeating(CLIENTS, environment.limit(), request)
                        .run("echo, " + CLIENTS + " clients");
            }
        });
    }
}
