package io.carillon.it.example;

import io.carillon.worker.Handles;
import io.carillon.worker.TaskWrapper;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** In Spring Boot. */
@SpringBootApplication
public class Captions {
    public static void main(String[] arguments) {
        SpringApplication.run(Captions.class, arguments);
    }

    public record Picture(int width, int height) {}

    @Handles(
            value = "captions",
            levels = {0, 1},
            weight = 3)
    public Map<String, String> caption(Picture picture, TaskWrapper task) {
        task.emitProgress("1", "message", Map.of("percent", 50));
        return Map.of("caption", picture.width() > picture.height() ? "a landscape" : "a portrait");
    }
}
