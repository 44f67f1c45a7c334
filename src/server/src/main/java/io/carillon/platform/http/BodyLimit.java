package io.carillon.platform.http;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
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
     * @param contentLength the header, or null
     * @throws Refused {@link Reason#TOO_LARGE}, after some of the rest was read: a client that is still sending when the
     *     connection closes never sees the answer. {@link Reason#INVALID} when the body breaks off
     */
    byte[] read(InputStream in, String contentLength) {
        try {
            byte[] body = announced(contentLength) > bytes ? new byte[0] : in.readNBytes(bytes);
            if (announced(contentLength) > bytes || body.length == bytes && in.read() >= 0) {
                drain(in);
                throw new Refused(Reason.TOO_LARGE, "The body is over the limit of " + bytes + " bytes");
            }
            return body;
        } catch (IOException e) {
            throw new Refused(Reason.INVALID, "The body could not be read to its end");
        }
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

    private static long announced(String contentLength) {
        try {
            return contentLength == null ? -1 : Long.parseLong(contentLength.strip());
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
