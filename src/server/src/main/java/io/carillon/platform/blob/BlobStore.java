package io.carillon.platform.blob;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Keeps blobs: bytes under an id, written once and never changed. A blob is there in whole or not at all. Safe for many
 * threads, and for many instances on the same store.
 */
public interface BlobStore extends AutoCloseable {

    /** A blob that is being written; nobody can read it yet. For one thread. */
    abstract class Writer extends OutputStream {
        /**
         * Makes the blob readable. When this returns, a loss of power does not lose it.
         *
         * @throws IOException when that is not certain
         */
        public abstract void finish() throws IOException;

        /** Lets go of what it holds. A blob that is not finished is removed, as far as that is possible now. */
        @Override
        public abstract void close() throws IOException;
    }

    /**
     * Begins a blob.
     *
     * @param id 32 hexadecimal digits that no other blob has had
     */
    Writer write(String id) throws IOException;

    /**
     * Reads a blob. The stream goes on when the blob is removed meanwhile, or fails; it never ends early.
     *
     * @param from the first byte; not behind the end
     * @throws NoSuchBlob when there is none
     */
    InputStream read(String id, long from) throws IOException;

    /** Removes a blob and whatever an unfinished writer has left of it, so that nothing is there afterwards. */
    void remove(String id) throws IOException;

    @Override
    void close();
}
