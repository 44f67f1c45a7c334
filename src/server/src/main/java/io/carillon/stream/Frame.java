package io.carillon.stream;

import io.carillon.platform.json.RawJson;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * One server-sent event. Contract: bella-queue 7.3.
 *
 * @param id its id, or null
 * @param name its name, or null
 * @param data what is sent; null for nothing. The content of a JSON string is sent as it is, other JSON as JSON text
 */
public record Frame(String id, String name, RawJson data) {
    private static final String RAW_LINE = "data:";

    byte[] bytes() {
        ByteArrayOutputStream frame = new ByteArrayOutputStream(64 + (data == null ? 0 : data.bytes().length));
        if (id != null) {
            line(frame, "id:", oneLine(id));
        }
        if (name != null) {
            line(frame, "event:", oneLine(name));
        }
        if (data == null) {
            line(frame, RAW_LINE, "");
        } else if (data.bytes()[0] == '"') {
            // Workers forward lines of an upstream event stream as they are.
            String text = JsonText.of(data);
            lines(
                    frame,
                    (text.startsWith(RAW_LINE)
                                    ? text.substring(RAW_LINE.length()).strip()
                                    : text)
                            .getBytes(StandardCharsets.UTF_8));
        } else {
            lines(frame, data.bytes());
        }
        frame.write('\n');
        return frame.toByteArray();
    }

    /** An event that says what went wrong, after others were sent. */
    static Frame error(RawJson error) {
        return new Frame(null, "error", error);
    }

    private static String oneLine(String text) {
        return text.indexOf('\n') < 0 && text.indexOf('\r') < 0
                ? text
                : text.replace('\n', ' ').replace('\r', ' ');
    }

    private static void line(ByteArrayOutputStream frame, String field, String value) {
        frame.writeBytes((field + value + '\n').getBytes(StandardCharsets.UTF_8));
    }

    /** A line break in the data, of whichever kind, begins another line of data; the reader joins them again. */
    private static void lines(ByteArrayOutputStream frame, byte[] data) {
        int from = 0;
        for (int at = 0; at <= data.length; at++) {
            if (at < data.length && data[at] != '\n' && data[at] != '\r') {
                continue;
            }
            frame.writeBytes(RAW_LINE.getBytes(StandardCharsets.US_ASCII));
            frame.write(data, from, at - from);
            frame.write('\n');
            if (at + 1 < data.length && data[at] == '\r' && data[at + 1] == '\n') {
                at++;
            }
            from = at + 1;
        }
    }
}
