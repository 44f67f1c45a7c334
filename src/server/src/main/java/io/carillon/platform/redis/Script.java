package io.carillon.platform.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * A Lua script from {@code lua/}, with the files that it includes. Each is one change of one queue: it gets the queue's
 * key prefix as its only key and spells the names below it itself, so that all it touches lies in one slot.
 */
public final class Script {
    private static final String INCLUDE = "--#include ";

    private final String name;
    private final String text;

    private Script(String name, String text) {
        this.name = name;
        this.text = text;
    }

    /** @param name the file below {@code lua/}, without its ending */
    public static Script named(String name) {
        StringBuilder text = new StringBuilder();
        for (String line : read(name + ".lua").split("\n")) {
            text.append(
                            line.startsWith(INCLUDE)
                                    ? read(line.substring(INCLUDE.length()).trim())
                                    : line)
                    .append('\n');
        }
        return new Script(name, text.toString());
    }

    private static String read(String file) {
        try (InputStream in = Script.class.getResourceAsStream("/lua/" + file)) {
            if (in == null) {
                throw new IllegalArgumentException("There is no script lua/" + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    String text() {
        return text;
    }

    @Override
    public String toString() {
        return name;
    }
}
