package io.carillon.it.example;

import io.carillon.worker.Handles;
import jakarta.enterprise.context.ApplicationScoped;

/** In CDI. */
@ApplicationScoped
public class Thumbnails {
    public record Picture(int width, int height) {}

    @Handles("thumbnails")
    public Picture shrink(Picture picture) {
        return new Picture(picture.width() / 10, picture.height() / 10);
    }
}
