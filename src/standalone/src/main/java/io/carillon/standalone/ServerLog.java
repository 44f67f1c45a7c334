package io.carillon.standalone;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * The file that has what the server says. Above its bound it becomes {@code server.log.1}, in place of an older one, and another
 * begins. What cannot be written, as on a full disk, is left out, and now and then it is tried again. One thread.
 */
final class ServerLog implements AutoCloseable {
    private final Path file;
    private final long largest;
    private final Duration pause;
    private final Consumer<String> console;
    private OutputStream out;
    private long size;
    private boolean broken;
    private long brokenSince;

    /**
     * @param largest bytes after which another file begins
     * @param pause how long nothing is tried after a line could not be written
     * @param console hears when the file cannot be written, and when it can again
     */
    ServerLog(Path file, long largest, Duration pause, Consumer<String> console) {
        this.file = file;
        this.largest = largest;
        this.pause = pause;
        this.console = console;
    }

    void write(String line) {
        if (broken && System.nanoTime() - brokenSince < pause.toNanos()) {
            return;
        }
        byte[] bytes = (line + System.lineSeparator()).getBytes(StandardCharsets.UTF_8);
        try {
            if (out == null) {
                open();
            }
            if (size > largest) {
                rotate();
            }
            out.write(bytes);
            size += bytes.length;
            if (broken) {
                broken = false;
                console.accept("carillon: " + file + " is written again; some lines are missing in it");
            }
        } catch (IOException e) {
            close();
            brokenSince = System.nanoTime();
            if (!broken) {
                broken = true;
                console.accept("carillon: " + file + " cannot be written (" + e.getMessage()
                        + "); the server goes on, and what it says is left out there");
            }
        }
    }

    private void open() throws IOException {
        out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        size = Files.size(file);
    }

    private void rotate() throws IOException {
        close();
        Files.move(file, file.resolveSibling(file.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        open();
    }

    @Override
    public void close() {
        OutputStream closing = out;
        out = null;
        if (closing != null) {
            try {
                closing.close();
            } catch (IOException e) {
                // each line was written by itself, so nothing is left
            }
        }
    }
}
