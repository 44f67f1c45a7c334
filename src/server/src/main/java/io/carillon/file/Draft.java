package io.carillon.file;

import io.carillon.platform.blob.BlobStore;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bytes of a file that is not there yet: written piece by piece, sealed, then kept by {@link Files#keep}. What was not
 * kept is removed, at once when it is closed, or a few minutes after its writer died. For one thread.
 */
public class Draft extends OutputStream {
    private static final Logger LOG = LoggerFactory.getLogger(Draft.class);

    private final BlobStore store;
    private final LooseBlobs loose;
    private final String blob;
    private final BlobStore.Writer writer;
    private final MessageDigest digest = sha256();
    private long bytes;
    private byte[] sealed;
    private boolean offered;
    private boolean closed;

    Draft(BlobStore store, LooseBlobs loose) {
        this.store = store;
        this.loose = loose;
        this.blob = loose.begin();
        try {
            this.writer = store.write(blob);
        } catch (IOException | RuntimeException failure) {
            loose.letGo(blob);
            throw unavailable(failure);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("Every Java has SHA-256", impossible);
        }
    }

    /** @throws Refused {@link Reason#UNAVAILABLE} when the store does not take it */
    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    /** @throws Refused {@link Reason#UNAVAILABLE} when the store does not take them */
    @Override
    public void write(byte[] from, int offset, int length) {
        try {
            writer.write(from, offset, length);
        } catch (IOException | RuntimeException failure) {
            throw unavailable(failure);
        }
        digest.update(from, offset, length);
        bytes += length;
    }

    /** How many bytes were written. */
    public long bytes() {
        return bytes;
    }

    /**
     * Makes the bytes durable; nothing can be written any more. More than once does no harm.
     *
     * @throws Refused {@link Reason#UNAVAILABLE}
     */
    public void seal() {
        if (sealed != null) {
            return;
        }
        try {
            writer.finish();
        } catch (IOException | RuntimeException failure) {
            throw unavailable(failure);
        }
        sealed = digest.digest();
    }

    /** SHA-256 of the bytes of a sealed draft, in 64 hexadecimal digits. */
    public String sha256Text() {
        return HexFormat.of().formatHex(digested());
    }

    byte[] digested() {
        if (sealed == null) {
            throw new IllegalStateException("The draft is not sealed");
        }
        return sealed;
    }

    /**
     * The bytes of a sealed draft.
     *
     * @throws Refused {@link Reason#UNAVAILABLE}
     */
    public InputStream read() {
        digested();
        try {
            return bytes == 0 ? InputStream.nullInputStream() : store.read(blob, 0);
        } catch (IOException | RuntimeException failure) {
            throw unavailable(failure);
        }
    }

    /** Somebody is about to own the blob, and only the database knows whether that comes to pass. */
    public String offered() {
        digested();
        offered = true;
        return blob;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            writer.close();
            if (!offered) {
                store.remove(blob);
                loose.forget(blob);
            }
        } catch (IOException | RuntimeException failure) {
            LOG.debug("Blob {} is removed later: {}", blob, failure.getMessage());
        } finally {
            loose.letGo(blob);
        }
    }

    static Refused unavailable(Exception failure) {
        if (failure instanceof Refused refused) {
            return refused;
        }
        LOG.warn("The file store failed: {}", failure.getMessage(), failure);
        return new Refused(Reason.UNAVAILABLE, "The file store cannot do this now; try again");
    }
}
