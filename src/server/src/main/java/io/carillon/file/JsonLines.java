package io.carillon.file;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Whether bytes look like JSON Lines: the first line that is not blank is one JSON value. What the lines after it hold is not
 * looked at; the batch that reads them says what is wrong with them. Contract: openai-batch 2.2 and 5.2.
 */
final class JsonLines {
    private static final int BYTE_ORDER_MARK = 3;
    private static final int VERTICAL_TAB = 0x0B;
    /** Values are passed over and not kept; only numbers and names are held, so these have a limit. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNumberLength(1 << 20)
                    .maxNameLength(1 << 20)
                    .build())
            .configure(JsonFactory.Feature.INTERN_FIELD_NAMES, false)
            .configure(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES, false)
            .build();

    private JsonLines() {}

    /** @throws IOException when the bytes cannot be read */
    static boolean begin(InputStream bytes) throws IOException {
        BufferedInputStream in = new BufferedInputStream(bytes, 64 * 1024);
        skipByteOrderMark(in);
        if (!skipBlank(in)) {
            return false;
        }
        try (JsonParser parser =
                JSON.createParser(new InputStreamReader(new Line(in), StandardCharsets.UTF_8.newDecoder()))) {
            int depth = 0;
            do {
                if (parser.nextToken() == null) {
                    return false;
                }
                if (parser.currentToken().isStructStart()) {
                    depth++;
                } else if (parser.currentToken().isStructEnd()) {
                    depth--;
                }
            } while (depth > 0);
            return parser.nextToken() == null;
        } catch (StreamConstraintsException odd) {
            // JSON of a kind that its batch refuses with better words
            return true;
        } catch (JsonProcessingException | CharacterCodingException notJson) {
            return false;
        }
    }

    private static void skipByteOrderMark(BufferedInputStream in) throws IOException {
        in.mark(BYTE_ORDER_MARK);
        byte[] begin = in.readNBytes(BYTE_ORDER_MARK);
        boolean mark = begin.length == BYTE_ORDER_MARK
                && begin[0] == (byte) 0xEF
                && begin[1] == (byte) 0xBB
                && begin[2] == (byte) 0xBF;
        if (!mark) {
            in.reset();
        }
    }

    /**
     * Goes to the first byte that is not white space; false when there is none, or when before it in its line is white space
     * that JSON does not have.
     */
    private static boolean skipBlank(BufferedInputStream in) throws IOException {
        boolean foreign = false;
        int b;
        do {
            in.mark(1);
            b = in.read();
            foreign = b != '\n' && (foreign || b == VERTICAL_TAB || b == '\f');
        } while (b == ' ' || b >= '\t' && b <= '\r');
        in.reset();
        return b >= 0 && !foreign;
    }

    /** Ends where the line does. */
    private static final class Line extends FilterInputStream {
        private boolean ended;

        Line(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int b = ended ? -1 : super.read();
            ended = b < 0 || b == '\n';
            return ended ? -1 : b;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int count = 0;
            while (count < length) {
                int b = read();
                if (b < 0) {
                    break;
                }
                into[offset + count++] = (byte) b;
            }
            return count == 0 && length > 0 ? -1 : count;
        }
    }
}
