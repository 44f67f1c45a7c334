package io.carillon.it.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import io.carillon.it.bench.Row.Measured;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a caller of a model server waits longer when Carillon and {@code carillon-worker openai} stand between the two. */
final class Forwarding {
    private static final String PATH = "/v1/chat/completions";
    private static final byte[] ANSWER =
            ("{\"id\":\"c-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\","
                            + "\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\""
                            + "x".repeat(300)
                            + "\"}}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":90,\"total_tokens\":99}}")
                    .getBytes(UTF_8);
    private static final int MOST = 100_000;

    private Forwarding() {}

    static Measured measure(Environment environment) throws IOException {
        HttpServer upstream = upstream();
        Process worker = null;
        try {
            Target direct = new Target(
                    URI.create("http://127.0.0.1:" + upstream.getAddress().getPort()), null, new Processes(Map.of()));
            Target server = environment.target();
            String queue = environment.newQueue();
            worker = WorkerProgram.start(
                    server,
                    WorkerProgram.options(),
                    "openai",
                    "--queue",
                    queue,
                    "--upstream",
                    direct.url() + "/v1",
                    "--concurrency",
                    "8");
            Map<String, Long> pids = new LinkedHashMap<>(server.processes().pids());
            pids.put("worker", worker.pid());
            Target forwarded = new Target(server.url(), server.key(), new Processes(pids));

            Figures own = measure(environment, "the upstream", direct, queue);
            Figures through = measure(environment, "carillon-worker openai", forwarded, queue);
            return new Measured(
                    Figures.number(through.tally().ms(0.5) - own.tally().ms(0.5)) + " ms: "
                            + Figures.number(through.tally().ms(0.5)) + " less "
                            + Figures.number(own.tally().ms(0.5)) + " (p99 "
                            + Figures.number(through.tally().ms(0.99)) + ")" + through.errorText() + own.errorText(),
                    "with the worker's: " + through.cpuText());
        } finally {
            if (worker != null) {
                worker.destroy();
            }
            upstream.stop(0);
        }
    }

    private static Figures measure(Environment environment, String by, Target target, String queue) throws IOException {
        Request request = target.post(
                PATH,
                "{\"model\":\"" + queue + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(300)
                        + "\"}]}");
        return environment.measure(
                by, "chat completion by " + by, MOST, limit -> new Load(target).repeating(1, limit, request));
    }

    /** Answers at once, whatever is asked. */
    private static HttpServer upstream() throws IOException {
        // else the second packet of an answer waits 40 ms for the receipt of the first
        System.setProperty("sun.net.httpserver.nodelay", "true");
        HttpServer upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        upstream.createContext(PATH, exchange -> {
            try (exchange) {
                exchange.getRequestBody().readAllBytes();
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, ANSWER.length);
                exchange.getResponseBody().write(ANSWER);
            }
        });
        upstream.start();
        return upstream;
    }
}
