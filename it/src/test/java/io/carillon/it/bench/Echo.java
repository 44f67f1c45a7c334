package io.carillon.it.bench;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;

/** What the application server does in the same time when it only sends the body of a put back. */
final class Echo {
    private static final int MOST = 200_000;
    private static final int CLIENTS = 16;

    private Echo() {}

    static Measured share(Environment environment) throws IOException {
        Figures put = Puts.warm(environment, 0, CLIENTS);
        Figures echo = warm(environment);
        return new Measured(
                Figures.number(100 * put.perSecond() / echo.perSecond()) + " %: " + Figures.count(put.perSecond())
                        + "/s of " + Figures.count(echo.perSecond()) + "/s" + echo.errorText(),
                "put: " + put.cpuText() + "; echo: " + echo.cpuText());
    }

    private static Figures warm(Environment environment) throws IOException {
        try (PlainServer plain = PlainServer.beside(environment)) {
            Request request = plain.target().post("/echo", Bodies.put("bench", 0));
            return environment.measure("echo", "echo, " + CLIENTS + " clients", MOST, limit -> new Load(plain.target())
                    .repeating(CLIENTS, limit, request));
        }
    }
}
