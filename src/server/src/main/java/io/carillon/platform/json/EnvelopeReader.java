package io.carillon.platform.json;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Walks the fields of a request's JSON object, once and in order. Our own fields are read leniently, user JSON inside them
 * is checked strictly and cut out as the bytes that were sent.
 *
 * <pre>{@code
 * EnvelopeReader fields = EnvelopeReader.over(body, depth);
 * while (fields.next()) {
 *     switch (fields.name()) {
 *         case "queue" -> queue = fields.text();
 *         case "data" -> data = fields.raw();
 *         default -> {}                         // unknown fields are ignored, but must be JSON
 *     }
 * }
 * }</pre>
 *
 * <p>Lenient: a comma after the last field or element, numbers in quotes, text without quotes when it is a number or a
 * boolean, names in snake_case or camelCase, null as if the field were absent, a byte order mark. Strict everywhere:
 * UTF-8, the grammar of JSON, and nesting up to a limit. What does not fit is {@link Refused} as {@link Reason#INVALID}
 * with line and column. Reading is iterative, so no input can exhaust the stack. Of a field that comes twice, the caller
 * sees both, so that the last one wins.
 *
 * <p>For one thread. {@link #next()} must be called until it returns false, otherwise the rest stays unchecked.
 */
public final class EnvelopeReader {
    private static final Pattern NUMBER = Pattern.compile("[+-]?[0-9]{1,40}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,9})?");
    private static final JsonParser.Feature TRAILING_COMMA = JsonReadFeature.ALLOW_TRAILING_COMMA.mappedFeature();
    private static final int SHOWN = 200;
    private static final int SHORT_NUMBER = 18;

    private final byte[] bytes;
    private final int start;
    private final int depth;
    private final boolean lenient;
    private final JsonParser parser;
    private final boolean nested;

    private String key;
    private String name;
    private boolean consumed = true;
    private boolean ended;
    private EnvelopeReader inner;
    private int from;
    private int end;
    private int keyStart;
    private boolean leavingOut;
    private final List<Cut> cuts = new ArrayList<>(0);

    /** A field that is left out of the whole, from its name to the end of its value. */
    private record Cut(int from, int to) {}

    private EnvelopeReader(byte[] bytes, int start, int depth, boolean lenient, JsonParser parser, boolean nested) {
        this.bytes = bytes;
        this.start = start;
        this.depth = depth;
        this.lenient = lenient;
        this.parser = parser;
        this.nested = nested;
    }

    /** What makes the whole request no JSON, so that nothing in it counts. */
    private static final class NotJson extends Refused {
        NotJson(String message, String field) {
            super(Reason.INVALID, message, field);
        }
    }

    /**
     * Reads a request.
     *
     * @param body a JSON object, with white space and a byte order mark around it or without
     * @param depth how deep the value of a field may be nested; a number has depth 0, {@code {}} has depth 1
     */
    public static EnvelopeReader over(byte[] body, int depth) {
        return open(body, depth, true);
    }

    /** Reads a request that is user JSON itself: no trailing commas anywhere. See {@link #whole()}. */
    public static EnvelopeReader overStrict(byte[] body, int depth) {
        return open(body, depth, false);
    }

    /** Reads an object that was checked before. */
    public static EnvelopeReader overChecked(RawJson object) {
        return open(object.bytes(), Integer.MAX_VALUE, false);
    }

    private static EnvelopeReader open(byte[] body, int depth, boolean lenient) {
        return open(body, depth, lenient, '{', "a JSON object");
    }

    private static EnvelopeReader open(byte[] body, int depth, boolean lenient, char opening, String wanted) {
        int start = startsWithMark(body) ? 3 : 0;
        int first = start;
        while (first < body.length && isSpace(body[first])) {
            first++;
        }
        if (first == body.length) {
            throw new Refused(Reason.INVALID, "The body is empty; " + wanted + " is needed");
        }
        int invalid = Utf8.firstInvalid(body, start);
        if (invalid >= 0) {
            throw new Refused(Reason.INVALID, "The body is not UTF-8 at " + Position.of(body, start, invalid));
        }
        // Jackson takes a zero among the first four bytes for UTF-16 or UTF-32
        for (int i = start; i < Math.min(start + 4, body.length); i++) {
            if (body[i] == 0) {
                throw new Refused(Reason.INVALID, "The body is not UTF-8 at " + Position.of(body, start, i));
            }
        }
        if (body[first] != opening) {
            throw new Refused(Reason.INVALID, "The body must be " + wanted + ", at " + Position.of(body, start, first));
        }
        try {
            JsonParser parser = Json.FACTORY.createParser(body, start, body.length - start);
            EnvelopeReader reader = new EnvelopeReader(body, start, depth, lenient, parser, false);
            reader.commas(lenient);
            parser.nextToken();
            return reader;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads a request that is a list of objects, each of which may be refused alone. The whole is refused when it is no list,
     * not JSON from beginning to end, nested too deep, or too long.
     *
     * @param depth how deep the value of a field of an object may be nested
     * @param element reads one of them with {@link #next()} until that returns false
     * @return what was read of each, or why it was {@link Refused}, in order
     */
    public static <T> List<Outcome<T>> overEach(byte[] body, int depth, int most, Function<EnvelopeReader, T> element) {
        EnvelopeReader list = open(body, depth, true, '[', "a JSON array");
        List<Outcome<T>> outcomes = list.elements("The array", null, most, element);
        if (list.advance() != null) {
            throw list.notJson("There is more after the end of the array", list.tokenOffset());
        }
        list.close();
        return outcomes;
    }

    /**
     * The field as a list of objects, each of which may be refused alone: see {@link #overEach}.
     *
     * @return null when the field is null
     */
    public <T> List<Outcome<T>> each(int most, Function<EnvelopeReader, T> element) {
        consumed = true;
        if (isNull()) {
            return null;
        }
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw wrongType("a list of JSON objects");
        }
        return elements(name, name, most, element);
    }

    private <T> List<Outcome<T>> elements(String what, String field, int most, Function<EnvelopeReader, T> element) {
        JsonStreamContext list = parser.getParsingContext();
        List<Outcome<T>> outcomes = new ArrayList<>();
        while (advance() != JsonToken.END_ARRAY) {
            if (outcomes.size() == most) {
                throw new Refused(Reason.INVALID, what + " may have at most " + most + " elements", field);
            }
            try {
                outcomes.add(Outcome.of(read(element)));
            } catch (NotJson whole) {
                throw whole;
            } catch (Refused refused) {
                outcomes.add(Outcome.failed(refused));
                commas(lenient);
                leave(list);
            }
        }
        return outcomes;
    }

    private <T> T read(Function<EnvelopeReader, T> element) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new Refused(
                    Reason.INVALID, "This must be a JSON object, at " + Position.of(bytes, start, tokenOffset()));
        }
        EnvelopeReader fields = new EnvelopeReader(bytes, start, depth, lenient, parser, true);
        T read = element.apply(fields);
        while (!fields.ended && fields.next()) {}
        return read;
    }

    /** Goes on to the end of an element of a list, wherever in it the parser is. */
    private void leave(JsonStreamContext list) {
        while (parser.getParsingContext() != list) {
            if (parser.getParsingContext().getNestingDepth() > list.getNestingDepth() + 1L + depth) {
                throw notJson("JSON may be nested at most " + depth + " deep", tokenOffset());
            }
            advance();
        }
    }

    /** The text of a JSON string. */
    static String string(RawJson json) {
        try (JsonParser parser = Json.FACTORY.createParser(json.bytes())) {
            parser.nextToken();
            return parser.getText();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Goes to the next field. Returns false at the end of the object, when nothing but white space follows. */
    public boolean next() {
        finishField();
        if (leavingOut) {
            leavingOut = false;
            cuts.add(new Cut(keyStart, offset()));
        }
        JsonToken token = advance();
        if (token == JsonToken.END_OBJECT) {
            ended = true;
            if (!nested || from > 0) {
                end = offset();
            }
            if (!nested) {
                name = null;
                if (advance() != null) {
                    throw notJson("There is more after the end of the object", tokenOffset());
                }
                close();
            }
            return false;
        }
        keyStart = tokenOffset();
        key = keyNow();
        name = snakeCase(key);
        advance();
        consumed = false;
        return true;
    }

    /** The name of the field, in snake_case whichever spelling was sent. */
    public String name() {
        return name;
    }

    /** The name of the field as it was sent. */
    public String key() {
        return key;
    }

    /** Whether the field is null; every other method then returns null or nothing. */
    public boolean isNull() {
        return parser.currentToken() == JsonToken.VALUE_NULL;
    }

    /**
     * The field as user JSON.
     *
     * @return exactly the bytes sent, checked, or null when the field is null
     */
    public RawJson raw() {
        consumed = true;
        if (isNull()) {
            return null;
        }
        int from = tokenOffset();
        checkValue();
        return new RawJson(Arrays.copyOfRange(bytes, from, offset()));
    }

    /** The field as a user's JSON object, or null when it is null. */
    public RawJson rawObject() {
        if (!isNull() && parser.currentToken() != JsonToken.START_OBJECT) {
            throw wrongType("a JSON object");
        }
        return raw();
    }

    /** The field as text, or null when it is null. Half of a surrogate pair is refused: it has no UTF-8 form. */
    public String text() {
        consumed = true;
        return isNull() ? null : scalar(name);
    }

    /** The field as a list of texts; nulls in it are left out. Null when the field is null. */
    public List<String> texts(int most) {
        if (isNull()) {
            consumed = true;
            return null;
        }
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw wrongType("a list of texts");
        }
        consumed = true;
        List<String> texts = new ArrayList<>();
        while (advance() != JsonToken.END_ARRAY) {
            if (texts.size() == most) {
                throw new Refused(Reason.INVALID, name + " may have at most " + most + " elements", name);
            }
            if (!isNull()) {
                texts.add(scalar(name));
            }
        }
        return texts;
    }

    /**
     * The field as a whole number, in quotes or without.
     *
     * @return null when the field is null or blank text
     */
    public Long number(long least, long most) {
        if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
            Long plain = plainNumber();
            if (plain != null) {
                consumed = true;
                if (plain < least || plain > most) {
                    throw outOfRange(least, most);
                }
                return plain;
            }
        }
        String text = text();
        if (text == null || text.isBlank()) {
            return null;
        }
        BigDecimal value = wholeNumber(text.strip());
        if (value.compareTo(BigDecimal.valueOf(least)) < 0 || value.compareTo(BigDecimal.valueOf(most)) > 0) {
            throw outOfRange(least, most);
        }
        return value.longValueExact();
    }

    /** As {@link #number}, for an int. */
    public Integer integer(int least, int most) {
        Long value = number(least, most);
        return value == null ? null : Math.toIntExact(value);
    }

    /**
     * As {@link #integer}, for user JSON where something else may stand in its place: that is checked as JSON all the same.
     *
     * @return the number, or null as above; failed when the field is no such number
     */
    public Outcome<Integer> integerIfAny(int least, int most) {
        if (!parser.currentToken().isScalarValue()) {
            return Outcome.failed(wrongType("a whole number"));
        }
        try {
            return Outcome.of(integer(least, most));
        } catch (NotJson whole) {
            throw whole;
        } catch (Refused other) {
            return Outcome.failed(other);
        }
    }

    /**
     * The field as an object of ours inside the request; its fields are read with the reader returned, which ends before
     * this one goes on.
     *
     * @return null when the field is null
     */
    public EnvelopeReader object() {
        if (isNull()) {
            consumed = true;
            return null;
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw wrongType("a JSON object");
        }
        consumed = true;
        inner = new EnvelopeReader(bytes, start, depth, lenient, parser, true);
        return inner;
    }

    /**
     * The field as a user's JSON object of which the server reads some fields itself: strict in all of it, and afterwards
     * there is its {@link #whole()}.
     *
     * @return null when the field is null
     */
    public EnvelopeReader userObject() {
        if (isNull()) {
            consumed = true;
            return null;
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw wrongType("a JSON object");
        }
        consumed = true;
        inner = new EnvelopeReader(bytes, start, depth, false, parser, true);
        inner.from = tokenOffset();
        commas(false);
        return inner;
    }

    /**
     * The field as a list of objects of ours; nulls in it are refused.
     *
     * @param element reads one of them, which must have nothing after it to read
     * @return null when the field is null
     */
    public <T> List<T> objects(int most, Function<EnvelopeReader, T> element) {
        consumed = true;
        if (isNull()) {
            return null;
        }
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw wrongType("a list of JSON objects");
        }
        List<T> objects = new ArrayList<>();
        while (advance() != JsonToken.END_ARRAY) {
            if (objects.size() == most) {
                throw new Refused(Reason.INVALID, name + " may have at most " + most + " elements", name);
            }
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw wrongType("a list of JSON objects");
            }
            EnvelopeReader fields = new EnvelopeReader(bytes, start, depth, lenient, parser, true);
            objects.add(element.apply(fields));
            while (!fields.ended && fields.next()) {}
        }
        return objects;
    }

    /** The present field shall be missing in {@link #whole()}. */
    public void leaveOut() {
        leavingOut = true;
    }

    /**
     * The whole object as it was sent, without white space around it and without fields that were left out; only after
     * {@link #next()} returned false.
     */
    public RawJson whole() {
        if (end == 0) {
            throw new IllegalStateException("The object has not been read to its end");
        }
        int from = Math.max(start, this.from);
        while (isSpace(bytes[from])) {
            from++;
        }
        if (!cuts.isEmpty()) {
            return withoutCuts(from);
        }
        return new RawJson(from == 0 && end == bytes.length ? bytes : Arrays.copyOfRange(bytes, from, end));
    }

    /** Each field goes with one comma: that before it, or that after it when it is the first. */
    private RawJson withoutCuts(int from) {
        ByteArrayOutputStream rest = new ByteArrayOutputStream(end - from);
        int at = from;
        for (Cut cut : cuts) {
            int before = cut.from() - 1;
            while (isSpace(bytes[before])) {
                before--;
            }
            if (before >= at && bytes[before] == ',') {
                rest.write(bytes, at, before - at);
                at = cut.to();
                continue;
            }
            rest.write(bytes, at, cut.from() - at);
            at = cut.to();
            while (isSpace(bytes[at])) {
                at++;
            }
            if (bytes[at] == ',') {
                at++;
            }
        }
        rest.write(bytes, at, end - at);
        return new RawJson(rest.toByteArray());
    }

    private void finishField() {
        if (inner != null) {
            EnvelopeReader rest = inner;
            inner = null;
            while (!rest.ended && rest.next()) {}
            commas(lenient);
        }
        if (!consumed) {
            consumed = true;
            checkValue();
        }
    }

    /** Goes to the last token of the value and to its last byte, strictly, whatever the envelope allows. */
    private void checkValue() {
        commas(false);
        int level = 0;
        JsonToken token = parser.currentToken();
        while (true) {
            if (token.isStructStart()) {
                if (++level > depth) {
                    throw refused("JSON may be nested at most " + depth + " deep", tokenOffset());
                }
            } else if (token.isStructEnd()) {
                level--;
            }
            if (level == 0) {
                break;
            }
            token = advance();
        }
        try {
            parser.finishToken();
        } catch (JacksonException e) {
            throw notJson(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        commas(lenient);
    }

    private String scalar(String field) {
        JsonToken token = parser.currentToken();
        if (!token.isScalarValue()) {
            throw wrongType("text");
        }
        try {
            String text = parser.getText();
            if (hasHalfPair(text)) {
                throw new Refused(Reason.INVALID, field + " has half of a surrogate pair", field);
            }
            return text;
        } catch (JacksonException e) {
            throw notJson(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As nearly all numbers are, so that those cost little; null for one that is longer. */
    private Long plainNumber() {
        try {
            return parser.getTextLength() <= SHORT_NUMBER ? parser.getLongValue() : null;
        } catch (JacksonException e) {
            throw notJson(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private BigDecimal wholeNumber(String text) {
        JsonToken token = parser.currentToken();
        boolean number = token == JsonToken.VALUE_STRING || token.isNumeric();
        if (number && text.length() > 40 && text.chars().allMatch(c -> c >= '0' && c <= '9' || c == '-')) {
            throw new Refused(Reason.INVALID, name + " is out of range", name);
        }
        if (!number || !NUMBER.matcher(text).matches()) {
            throw wrongType("a whole number");
        }
        BigDecimal value = new BigDecimal(text);
        // Comparing first keeps 1e999999999 from being written out
        if (value.signum() != 0
                && (value.precision() - (long) value.scale() > 19
                        || value.stripTrailingZeros().scale() > 0)) {
            throw value.stripTrailingZeros().scale() > 0
                    ? wrongType("a whole number")
                    : new Refused(Reason.INVALID, name + " is out of range", name);
        }
        return value;
    }

    private JsonToken advance() {
        try {
            return parser.nextToken();
        } catch (JacksonException e) {
            throw notJson(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (IllegalStateException e) {
            // Jackson's guard against field names made to collide
            throw new NotJson("The body has too many field names that look alike", null);
        }
    }

    private String keyNow() {
        try {
            return parser.currentName();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void close() {
        try {
            parser.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void commas(boolean trailing) {
        parser.configure(TRAILING_COMMA, trailing);
    }

    private int tokenOffset() {
        return start + (int) parser.currentTokenLocation().getByteOffset();
    }

    private int offset() {
        return start + (int) parser.currentLocation().getByteOffset();
    }

    private NotJson notJson(JacksonException e) {
        String cause = e.getOriginalMessage().lines().findFirst().orElse("");
        if (e instanceof JsonEOFException) {
            cause = "It ends too early";
        } else if (cause.startsWith("Invalid UTF-8")) {
            // The encoding was checked before: this is a character where none may be
            cause = "Unexpected character";
        }
        long at = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
        int offset = at < 0 ? offset() : start + (int) Math.min(at, bytes.length - start);
        return notJson("This is not JSON: " + (cause.length() > SHOWN ? cause.substring(0, SHOWN) : cause), offset);
    }

    private NotJson notJson(String message, int offset) {
        return new NotJson(message + ", at " + Position.of(bytes, start, offset), name);
    }

    private Refused refused(String message, int offset) {
        return new Refused(Reason.INVALID, message + ", at " + Position.of(bytes, start, offset), name);
    }

    private Refused wrongType(String wanted) {
        return new Refused(
                Reason.INVALID, name + " must be " + wanted + ", at " + Position.of(bytes, start, tokenOffset()), name);
    }

    private Refused outOfRange(long least, long most) {
        return new Refused(Reason.INVALID, name + " must be from " + least + " to " + most, name);
    }

    /** {@code minAgeSeconds} becomes {@code min_age_seconds}. */
    private static String snakeCase(String key) {
        int big = 0;
        while (big < key.length() && (key.charAt(big) < 'A' || key.charAt(big) > 'Z')) {
            big++;
        }
        if (big == key.length()) {
            return key;
        }
        StringBuilder snake = new StringBuilder(key.length() + 4);
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                if (i > 0) {
                    snake.append('_');
                }
                snake.append((char) (c + 'a' - 'A'));
            } else {
                snake.append(c);
            }
        }
        return snake.toString();
    }

    private static boolean hasHalfPair(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return true;
            }
        }
        return false;
    }

    private static boolean startsWithMark(byte[] body) {
        return body.length >= 3 && body[0] == (byte) 0xEF && body[1] == (byte) 0xBB && body[2] == (byte) 0xBF;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }
}
