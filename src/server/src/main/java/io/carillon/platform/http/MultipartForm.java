package io.carillon.platform.http;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.fileupload2.core.FileUploadException;
import org.apache.commons.fileupload2.core.MultipartInput;
import org.apache.commons.fileupload2.core.ParameterParser;

/**
 * A body of the type {@code multipart/form-data} (RFC 7578), read part by part as it comes, so that it needs no memory
 * however long it is. Names in it are UTF-8.
 */
public final class MultipartForm {
    private static final int BUFFER = 64 * 1024;
    private static final int LONGEST_HEADERS = 8 * 1024;
    /** What a text part may have. */
    private static final int LONGEST_TEXT = 64 * 1024;

    private MultipartForm() {}

    /**
     * One part.
     *
     * @param fileName as it was sent; only a part that has one is a file
     * @param bytes to be read before the next part comes
     */
    public record Part(String name, Optional<String> fileName, InputStream bytes) {

        /** @throws Refused {@link Reason#INVALID} when the part has more than 64 KB */
        public String text() throws IOException {
            byte[] text = bytes.readNBytes(LONGEST_TEXT + 1);
            if (text.length > LONGEST_TEXT) {
                throw new Refused(Reason.INVALID, "The part '" + name + "' is too long", name);
            }
            return new String(text, StandardCharsets.UTF_8);
        }
    }

    /** Does something with each part, in the order in which they come. */
    @FunctionalInterface
    public interface Reader {
        /** What it throws ends the reading. An IOException is the client's: the body broke off. */
        void read(Part part) throws IOException;
    }

    /**
     * Reads a form.
     *
     * @param contentType the header of the request, or null
     * @param patience how much of the rest is read when the form is refused: a client that is still sending when the
     *     connection closes never sees the answer
     * @throws Refused {@link Reason#INVALID} when it is no form or breaks off; whatever the reader throws
     */
    public static void read(String contentType, InputStream body, long patience, Reader reader) {
        try {
            read(body, boundary(contentType), reader);
        } catch (IOException | InvalidPathException broken) {
            drain(body, patience);
            throw new Refused(Reason.INVALID, "The multipart body is broken or could not be read to its end");
        } catch (Refused refused) {
            drain(body, patience);
            throw refused;
        }
    }

    private static byte[] boundary(String contentType) {
        ParameterParser parser = new ParameterParser();
        parser.setLowerCaseNames(true);
        String boundary = parser.parse(contentType, ';').get("boundary");
        if (contentType == null
                || !contentType.toLowerCase(Locale.ROOT).strip().startsWith("multipart/form-data")
                || boundary == null
                || boundary.isEmpty()
                || boundary.length() > 70) {
            throw new Refused(
                    Reason.INVALID,
                    "The body must be multipart/form-data, with its boundary in the header Content-Type");
        }
        return boundary.getBytes(StandardCharsets.ISO_8859_1);
    }

    /**
     * Clients write the names of files in UTF-8, as browsers do (RFC 7578 5.1), or, OpenAI's Java client among them, in
     * ISO-8859-1; what is no UTF-8 can only be the latter.
     *
     * @param headers bytes as ISO-8859-1 has them
     */
    private static String decoded(String headers) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(headers.getBytes(StandardCharsets.ISO_8859_1)))
                    .toString();
        } catch (CharacterCodingException noUtf8) {
            return headers;
        }
    }

    private static void read(InputStream body, byte[] boundary, Reader reader) throws IOException {
        MultipartInput input = MultipartInput.builder()
                .setInputStream(body)
                .setBoundary(boundary)
                .setBufferSize(BUFFER)
                .setMaxPartHeaderSize(LONGEST_HEADERS)
                .get();
        input.setHeaderCharset(StandardCharsets.ISO_8859_1);
        boolean more = input.skipPreamble();
        if (!more) {
            throw new FileUploadException("There is no part");
        }
        while (more) {
            Map<String, String> disposition = disposition(decoded(input.readHeaders()));
            // Closing it when something is thrown would read all of a part that nobody wants.
            InputStream bytes = input.newInputStream();
            String name = disposition.get("name");
            if (name != null) {
                reader.read(new Part(
                        name,
                        disposition.containsKey("filename")
                                ? Optional.of(Optional.ofNullable(disposition.get("filename"))
                                        .orElse(""))
                                : Optional.empty(),
                        bytes));
            }
            bytes.close();
            more = input.readBoundary();
        }
    }

    /** What the header {@code Content-Disposition} says. */
    private static Map<String, String> disposition(String headers) {
        for (String header : headers.replaceAll("\r\n[ \t]+", " ").split("\r\n")) {
            int colon = header.indexOf(':');
            if (colon > 0 && header.substring(0, colon).strip().equalsIgnoreCase("content-disposition")) {
                ParameterParser parser = new ParameterParser();
                parser.setLowerCaseNames(true);
                return parser.parse(header.substring(colon + 1), ';');
            }
        }
        return Map.of();
    }

    private static void drain(InputStream in, long patience) {
        byte[] nowhere = new byte[BUFFER];
        long left = patience;
        try {
            int read = in.read(nowhere);
            while (read >= 0 && left > 0) {
                left -= read;
                read = in.read(nowhere);
            }
        } catch (IOException gone) {
            // nobody will see the answer
        }
    }
}
