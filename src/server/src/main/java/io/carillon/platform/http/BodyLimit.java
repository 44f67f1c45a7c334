package io.carillon.platform.http;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads a body up to a limit.
 *
 * @param bytes the largest body that is taken
 */
record BodyLimit(int bytes) {
    private static final int CHUNK = 64 * 1024;

    /**
     * Reads the whole body.
     *
     * @param contentLength the header {@code Content-Length}, or null
     * @param expect the header {@code Expect}, or null; a client that sends it waits for leave to send its body
     * @throws Refused {@link Reason#TOO_LARGE}, after some of the rest was read: a client that is still sending when the
     *     connection closes never sees the answer. {@link Reason#INVALID} when the body breaks off
     */
    byte[] read(InputStream in, String contentLength, String expect) {
        try {
            long announced = announced(contentLength);
            if (announced > bytes) {
                if (expect == null) {
                    drain(in);
                }
                throw tooLarge();
            }
            if (announced >= 0 && announced <= CHUNK) {
                // the container gives no more than was announced
                return exactly(in, (int) announced);
            }
            byte[] body = in.readNBytes(bytes);
            if (body.length == bytes && in.read() >= 0) {
                drain(in);
                throw tooLarge();
            }
            return body;
        } catch (IOException e) {
            throw new Refused(Reason.INVALID, "The body could not be read to its end");
        }
    }

    private static byte[] exactly(InputStream in, int length) throws IOException {
        byte[] body = new byte[length];
        if (in.readNBytes(body, 0, length) < length) {
            throw new EOFException("The body ends before its announced length");
        }
        return body;
    }

    private Refused tooLarge() {
        return new Refused(Reason.TOO_LARGE, "The body is over the limit of " + bytes + " bytes");
    }

    private void drain(InputStream in) {
        byte[] nowhere = new byte[CHUNK];
        long left = Math.max(bytes, CHUNK);
        try {
            int read = in.read(nowhere);
            while (read >= 0 && left > 0) {
                left -= read;
                read = in.read(nowhere);
            }
        } catch (IOException e) {
            // It is refused anyway
        }
    }

    /** As {@link #read(InputStream, String, String)}, with the headers of the request. */
    byte[] read(InputStream in, MultivaluedMap<String, String> headers) {
        return read(in, headers.getFirst(HttpHeaders.CONTENT_LENGTH), headers.getFirst("Expect"));
    }

    private static long announced(String contentLength) {
        try {
            return contentLength == null ? -1 : Long.parseLong(contentLength.strip());
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
