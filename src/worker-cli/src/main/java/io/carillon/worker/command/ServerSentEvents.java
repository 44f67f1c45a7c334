package io.carillon.worker.command;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Reads a stream of server-sent events, as the HTML standard has them. What has no data is skipped. */
final class ServerSentEvents implements AutoCloseable {
    private final BufferedReader lines;

    ServerSentEvents(InputStream stream) {
        this.lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
    }

    /**
     * @param id null when it has none
     * @param name null when it has none
     */
    record Event(String id, String name, String data) {}

    /** The next event, or null at the end. One that the end cuts short counts too, for not all servers send the last line. */
    Event next() throws IOException {
        String id = null;
        String name = null;
        StringBuilder data = null;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.isEmpty()) {
                if (data != null) {
                    return new Event(id, name, data.toString());
                }
                id = null;
                name = null;
                continue;
            }
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(line.startsWith(" ", colon + 1) ? colon + 2 : colon + 1);
            switch (field) {
                case "id" -> id = value.isEmpty() ? null : value;
                case "event" -> name = value.isEmpty() ? null : value;
                case "data" ->
                    data = data == null
                            ? new StringBuilder(value)
                            : data.append('\n').append(value);
                default -> {
                    // A comment, or something that is not passed on.
                }
            }
        }
        return data == null ? null : new Event(id, name, data.toString());
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
