package io.carillon.file;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;

/**
 * How large what clients upload may be, in bytes. Contract: openai-batch 10.
 *
 * @param file any file that comes in one request
 * @param batch a file with the purpose {@code batch}, however it comes
 * @param upload a file that comes in parts
 * @param part one of those parts
 */
public record FileLimits(long file, long batch, long upload, long part) {

    /**
     * Looks at a file that comes in one request.
     *
     * @param purpose null as long as it is not known
     * @param bytes how many have come so far
     * @throws Refused {@link Reason#TOO_LARGE}; {@link Reason#INVALID} when only its purpose makes it too large
     */
    public void check(Purpose purpose, long bytes) {
        if (bytes > file) {
            throw new Refused(Reason.TOO_LARGE, "File is too large. A file may have at most " + file + " bytes.");
        }
        if (purpose == Purpose.BATCH && bytes > batch) {
            throw new Refused(
                    Reason.INVALID, "File is too large. A file for a batch may have at most " + batch + " bytes.");
        }
    }
}
