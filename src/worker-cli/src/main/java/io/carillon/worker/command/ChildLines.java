package io.carillon.worker.command;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Reads lines of bounded length. One that is longer is skipped to its end and told, and the next is read as if nothing was. */
final class ChildLines implements AutoCloseable {
    private final InputStream in;
    private final int longest;

    /** @param longest in bytes */
    ChildLines(InputStream in, int longest) {
        this.in = new BufferedInputStream(in, 64 * 1024);
        this.longest = longest;
    }

    /** @param tooLong whether it was; then the text is its beginning */
    record Line(String text, boolean tooLong) {}

    /** The next line, or null at the end. */
    Line next() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(256);
        boolean any = false;
        boolean tooLong = false;
        for (int c = in.read(); c >= 0; c = in.read()) {
            if (c == '\n') {
                return new Line(line.toString(StandardCharsets.UTF_8), tooLong);
            }
            any = true;
            if (line.size() < longest) {
                line.write(c);
            } else {
                tooLong = true;
            }
        }
        return any ? new Line(line.toString(StandardCharsets.UTF_8), tooLong) : null;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
