package io.carillon.batch;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.carillon.platform.json.Json;
import io.carillon.platform.json.RawJson;
import io.carillon.platform.json.Utf8;
import java.io.IOException;
import java.util.Arrays;

/**
 * A line of a batch's input file, read once and as it is; what is wrong with it the {@link Validator} says. The body is cut
 * out as the bytes that were sent. Contract: openai-batch 5.3 and 5.4.
 */
final class RequestLine {
    /** What kind of JSON value a field has. */
    enum Kind {
        /** No such field, or null. */
        ABSENT,
        STRING,
        ARRAY,
        OBJECT,
        TRUE,
        OTHER
    }

    /** Whether the line can be read at all. */
    enum Form {
        OBJECT,
        /** JSON, but something else. */
        NO_OBJECT,
        NO_JSON,
        TOO_DEEP
    }

    /** A field. @param text of a string, else null; @param size how many elements an array has, else 1 */
    record Field(Kind kind, String text, int size) {
        static final Field ABSENT = new Field(Kind.ABSENT, null, 0);

        boolean is(Kind wanted) {
            return kind == wanted;
        }
    }

    private final int depth;
    private Form form = Form.OBJECT;
    private Field customId = Field.ABSENT;
    private Field method = Field.ABSENT;
    private Field url = Field.ABSENT;
    private Field bodyKind = Field.ABSENT;
    private RawJson body;
    private Field model = Field.ABSENT;
    private Field messages = Field.ABSENT;
    private Field input = Field.ABSENT;
    private Field prompt = Field.ABSENT;
    private Field stream = Field.ABSENT;

    private RequestLine(int depth) {
        this.depth = depth;
    }

    /** @param depth how deep the body may be nested */
    static RequestLine of(byte[] line, int depth) {
        RequestLine read = new RequestLine(depth);
        if (!Utf8.isValid(line) || startsUnlikeUtf8(line)) {
            read.form = Form.NO_JSON;
            return read;
        }
        try (JsonParser parser = Json.parser(line)) {
            read.read(parser, line);
        } catch (IOException | IllegalStateException notJson) {
            // IllegalStateException: Jackson's guard against field names made to collide
            read.form = Form.NO_JSON;
        }
        return read;
    }

    /** Jackson would take a zero for UTF-16 or UTF-32, and skip a byte order mark. */
    private static boolean startsUnlikeUtf8(byte[] line) {
        for (int i = 0; i < Math.min(4, line.length); i++) {
            if (line[i] == 0) {
                return true;
            }
        }
        return line.length > 0 && line[0] == (byte) 0xEF;
    }

    private void read(JsonParser parser, byte[] line) throws IOException {
        JsonToken first = parser.nextToken();
        if (first == null) {
            form = Form.NO_JSON;
            return;
        }
        if (first != JsonToken.START_OBJECT) {
            pass(parser, 0);
            parser.finishToken();
            form = parser.nextToken() == null ? Form.NO_OBJECT : Form.NO_JSON;
            return;
        }
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "custom_id" -> customId = field(parser);
                case "method" -> method = field(parser);
                case "url" -> url = field(parser);
                case "body" -> readBody(parser, line);
                default -> pass(parser, 1);
            }
        }
        if (parser.nextToken() != null) {
            form = Form.NO_JSON;
        }
    }

    private void readBody(JsonParser parser, byte[] line) throws IOException {
        model = Field.ABSENT;
        messages = Field.ABSENT;
        input = Field.ABSENT;
        prompt = Field.ABSENT;
        stream = Field.ABSENT;
        body = null;
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            bodyKind = field(parser);
            return;
        }
        bodyKind = new Field(Kind.OBJECT, null, 1);
        int from = (int) parser.currentTokenLocation().getByteOffset();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "model" -> model = field(parser);
                case "messages" -> messages = field(parser);
                case "input" -> input = field(parser);
                case "prompt" -> prompt = field(parser);
                case "stream" -> stream = field(parser);
                default -> pass(parser, 1);
            }
        }
        body = new RawJson(
                Arrays.copyOfRange(line, from, (int) parser.currentLocation().getByteOffset()));
    }

    private Field field(JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        return switch (token) {
            case VALUE_NULL -> Field.ABSENT;
            case VALUE_STRING -> new Field(Kind.STRING, parser.getText(), 1);
            case VALUE_TRUE -> new Field(Kind.TRUE, null, 1);
            case START_OBJECT -> {
                pass(parser, 1);
                yield new Field(Kind.OBJECT, null, 1);
            }
            case START_ARRAY -> new Field(Kind.ARRAY, null, inputs(parser));
            default -> new Field(Kind.OTHER, null, 1);
        };
    }

    /** How many inputs an array is: one for each element, but a list of tokens is one input. */
    private int inputs(JsonParser parser) throws IOException {
        int elements = 0;
        boolean tokens = true;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            tokens &= parser.currentToken().isNumeric();
            elements++;
            pass(parser, 2);
        }
        return elements > 0 && tokens ? 1 : elements;
    }

    /** Goes to the end of a value that nobody asked for. */
    private void pass(JsonParser parser, int levels) throws IOException {
        int level = levels;
        int outside = levels;
        JsonToken token = parser.currentToken();
        while (true) {
            if (token == null) {
                throw new IOException("The line ends within a value");
            }
            if (token.isStructStart()) {
                if (++level > depth) {
                    form = Form.TOO_DEEP;
                }
            } else if (token.isStructEnd()) {
                level--;
            }
            if (level == outside) {
                return;
            }
            token = parser.nextToken();
        }
    }

    Form form() {
        return form;
    }

    Field customId() {
        return customId;
    }

    Field method() {
        return method;
    }

    Field url() {
        return url;
    }

    Field bodyKind() {
        return bodyKind;
    }

    /** Null unless it is an object. */
    RawJson body() {
        return body;
    }

    Field model() {
        return model;
    }

    /** A field of the body that an endpoint may require. */
    Field required(String name) {
        return switch (name) {
            case "messages" -> messages;
            case "input" -> input;
            case "prompt" -> prompt;
            default -> throw new IllegalArgumentException(name);
        };
    }

    Field stream() {
        return stream;
    }
}
