package io.carillon.it.example;

import io.carillon.worker.Worker;
import java.util.Map;

/** In plain Java. */
public final class Resizer {
    private Resizer() {}

    record Picture(int width, int height) {}

    public static void run(String url, String key) throws InterruptedException {
        try (Worker worker = Worker.builder()
                .server(url)
                .key(key)
                .concurrency(8)
                .handler("resize", task -> {
                    Picture picture = task.getPayload(Picture.class);
                    task.emitProgress("1", "message", Map.of("percent", 50));
                    return Map.of("width", picture.width() / 2); // the body of a 200; a Result says more
                })
                .start()) {
            worker.awaitEnd();
        }
    }
}
