package io.carillon.stream;

import io.carillon.platform.json.RawJson;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * A stream as a model server sends it to an OpenAI client.
 *
 * <ul>
 *   <li>Data that is an object, a list or a number goes out as {@code data: <JSON text as it was sent>} and a blank line.
 *   <li>So does text, such as {@code [DONE]}; each line of it is a line of data.
 *   <li>Text that is a piece of an event stream itself, for it begins with {@code data:}, {@code event:}, {@code id:},
 *       {@code retry:} or a colon, goes out to the byte. After data, a blank line is added if it is missing; a field before
 *       its data keeps waiting for that.
 *   <li>Null, and text without anything to be seen, send nothing.
 * </ul>
 *
 * The name of the event goes before the data unless it is {@code message}, which is what it is called without a name, or
 * the text names it itself. Ids are left out: no model server sends any.
 */
final class UpstreamForm implements EventForm {
    private static final Pattern FIELD = Pattern.compile("(?:data|event|id|retry)?:.*", Pattern.DOTALL);
    private static final Pattern DATA = Pattern.compile("(?:^|[\\r\\n])data:");
    private static final Pattern ENDED = Pattern.compile("(?:\\n\\n|\\r\\n\\r\\n|\\r\\r)$");
    private static final String USUAL_NAME = "message";
    private static final byte[] NOTHING = {};

    /** A model server that computes for nobody costs most. */
    @Override
    public Duration patience() {
        return Duration.ofSeconds(5);
    }

    @Override
    public byte[] piece(Progress progress) {
        RawJson data = progress.eventData();
        if (data == null || data.isNull()) {
            return NOTHING;
        }
        if (!data.isString()) {
            return event(progress.eventName(), data.bytes());
        }
        String text = JsonText.of(data);
        if (text.isBlank()) {
            return NOTHING;
        }
        return FIELD.matcher(text).matches()
                ? asSent(text)
                : event(progress.eventName(), text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] asSent(String text) {
        String lineBreak = text.contains("\r\n") ? "\r\n" : "\n";
        boolean endsLine = text.endsWith("\n") || text.endsWith("\r");
        String more = endsLine ? "" : lineBreak;
        if (DATA.matcher(text).find()) {
            more = ENDED.matcher(text).find() ? "" : more + lineBreak;
        }
        return (text + more).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] event(String name, byte[] data) {
        ByteArrayOutputStream event = new ByteArrayOutputStream(data.length + 64);
        if (name != null && !name.isBlank() && !name.equals(USUAL_NAME)) {
            write(event, "event: " + name.replaceAll("[\\r\\n]+", " ") + '\n');
        }
        int from = 0;
        for (int at = 0; at <= data.length; at++) {
            if (at == data.length || data[at] == '\n' || data[at] == '\r') {
                write(event, "data: ");
                event.write(data, from, at - from);
                event.write('\n');
                if (at + 1 < data.length && data[at] == '\r' && data[at + 1] == '\n') {
                    at++;
                }
                from = at + 1;
            }
        }
        event.write('\n');
        return event.toByteArray();
    }

    private static void write(ByteArrayOutputStream event, String text) {
        event.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The server makes the stream here, so it also says that this was all. */
    @Override
    public byte[] whole(RawJson body) {
        ByteArrayOutputStream stream = new ByteArrayOutputStream(body.bytes().length + 64);
        stream.writeBytes(event(null, body.bytes()));
        write(stream, "data: [DONE]\n\n");
        return stream.toByteArray();
    }

    @Override
    public byte[] error(RawJson error) {
        return event(null, error.bytes());
    }
}
