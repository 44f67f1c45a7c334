package io.carillon.platform.blob;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.NoSuchUploadException;

/**
 * Blobs as objects of a bucket that speaks S3: {@code <prefix><id>}. A blob goes there in pieces, each of which lies in a
 * temporary file until it is sent, so that neither its size nor the number of writers costs memory; a blob of one piece is
 * put at once, a longer one by a multipart upload. The file has no name, so that it goes with its writer, however that ends.
 */
public final class S3Store implements BlobStore {
    /** With S3's 10,000 parts a blob may have 160 GB. */
    static final int PIECE = 16 << 20;

    private static final int BUFFER = 64 * 1024;

    private final S3Client client;
    private final String bucket;
    private final String prefix;
    private final Path pieces;

    /** @param client is closed with the store */
    public S3Store(S3Client client, String bucket, String prefix) {
        this(client, bucket, prefix, Path.of(System.getProperty("java.io.tmpdir")));
    }

    /** @param pieces where the temporary files are */
    S3Store(S3Client client, String bucket, String prefix, Path pieces) {
        this.client = client;
        this.bucket = bucket;
        this.prefix = prefix;
        this.pieces = pieces;
    }

    private String key(String id) {
        return prefix + id;
    }

    @Override
    public Writer write(String id) throws IOException {
        return new ObjectWriter(key(id));
    }

    private final class ObjectWriter extends Writer {
        private final String key;
        private final Piece piece = new Piece(pieces);
        private final List<CompletedPart> parts = new ArrayList<>();
        private int size;
        private String upload;
        private boolean finished;

        ObjectWriter(String key) throws IOException {
            this.key = key;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            int at = from;
            while (at < from + length) {
                if (size == PIECE) {
                    sendPart();
                }
                int portion = Math.min(from + length - at, PIECE - size);
                piece.out.write(bytes, at, portion);
                at += portion;
                size += portion;
            }
        }

        private void sendPart() throws IOException {
            RequestBody body = piece.body();
            try {
                if (upload == null) {
                    upload = client.createMultipartUpload(
                                    request -> request.bucket(bucket).key(key))
                            .uploadId();
                }
                int number = parts.size() + 1;
                String tag = client.uploadPart(
                                request -> request.bucket(bucket)
                                        .key(key)
                                        .uploadId(upload)
                                        .partNumber(number),
                                body)
                        .eTag();
                parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
            } catch (SdkException failure) {
                throw failed(failure);
            }
            piece.clear();
            size = 0;
        }

        @Override
        public void finish() throws IOException {
            try {
                if (upload == null) {
                    client.putObject(request -> request.bucket(bucket).key(key), piece.body());
                } else {
                    sendPart();
                    client.completeMultipartUpload(request ->
                            request.bucket(bucket).key(key).uploadId(upload).multipartUpload(all -> all.parts(parts)));
                }
            } catch (SdkException failure) {
                throw failed(failure);
            }
            finished = true;
        }

        @Override
        public void close() throws IOException {
            try {
                piece.close();
            } finally {
                if (!finished && upload != null) {
                    abortUnfinished();
                }
            }
        }

        private void abortUnfinished() throws IOException {
            try {
                abort(key, upload);
            } catch (SdkException failure) {
                throw failed(failure);
            }
        }
    }

    /** What of a blob is not sent yet, in a file that nobody else can open. */
    private static final class Piece implements AutoCloseable {
        private final FileChannel file;
        final OutputStream out;

        Piece(Path directory) throws IOException {
            Path path = Files.createTempFile(directory, "carillon-", ".blob");
            try {
                // Java unlinks it at once where the system can, and else has the system remove it at the end of the
                // process
                this.file = FileChannel.open(
                        path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            } catch (IOException failure) {
                Files.deleteIfExists(path);
                throw failure;
            }
            this.out = new BufferedOutputStream(Channels.newOutputStream(file), BUFFER);
        }

        /** All of it; may be read more than once, which a client does that signs it and tries again. */
        RequestBody body() throws IOException {
            out.flush();
            return RequestBody.fromContentProvider(
                    () -> new BufferedInputStream(new FromStart(file), BUFFER),
                    file.size(),
                    "application/octet-stream");
        }

        void clear() throws IOException {
            file.truncate(0);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    /** A file from its beginning, which stays open. */
    private static final class FromStart extends InputStream {
        private final FileChannel file;
        private long at;

        FromStart(FileChannel file) {
            this.file = file;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int read = file.read(ByteBuffer.wrap(into, offset, length), at);
            at += Math.max(read, 0);
            return read;
        }
    }

    private void abort(String key, String upload) {
        try {
            client.abortMultipartUpload(
                    request -> request.bucket(bucket).key(key).uploadId(upload));
        } catch (NoSuchUploadException gone) {
            // that is what was wanted
        }
    }

    @Override
    public InputStream read(String id, long from) throws IOException {
        try {
            return new ObjectStream(client.getObject(request -> {
                request.bucket(bucket).key(key(id));
                if (from > 0) {
                    request.range("bytes=" + from + "-");
                }
            }));
        } catch (NoSuchKeyException gone) {
            throw new NoSuchBlob(id, gone);
        } catch (SdkException failure) {
            throw failed(failure);
        }
    }

    /**
     * What the bucket answers, and not less: Java's HTTP client takes an answer that breaks off for one that ends. A reader that
     * has enough must not have to read all the rest before it may close.
     */
    private static final class ObjectStream extends FilterInputStream {
        private final ResponseInputStream<GetObjectResponse> object;
        private final Long length;
        private long seen;
        private boolean ended;

        ObjectStream(ResponseInputStream<GetObjectResponse> object) {
            super(object);
            this.object = object;
            this.length = object.response().contentLength();
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int count) throws IOException {
            int read = super.read(into, offset, count);
            if (read >= 0) {
                seen += read;
                return read;
            }
            if (length != null && seen < length) {
                throw new EOFException("S3 broke off after " + seen + " of " + length + " bytes");
            }
            ended = true;
            return read;
        }

        @Override
        public long skip(long count) throws IOException {
            long skipped = super.skip(count);
            seen += skipped;
            return skipped;
        }

        @Override
        public boolean markSupported() {
            return false;
        }

        @Override
        public void close() throws IOException {
            if (!ended) {
                object.abort();
            }
            super.close();
        }
    }

    @Override
    public void remove(String id) throws IOException {
        String key = key(id);
        try {
            client.deleteObject(request -> request.bucket(bucket).key(key));
            for (MultipartUpload unfinished : client.listMultipartUploads(
                            request -> request.bucket(bucket).prefix(key))
                    .uploads()) {
                if (unfinished.key().equals(key)) {
                    abort(key, unfinished.uploadId());
                }
            }
        } catch (SdkException failure) {
            throw failed(failure);
        }
    }

    private static IOException failed(SdkException failure) {
        return new IOException("S3 failed: " + failure.getMessage(), failure);
    }

    @Override
    public void close() {
        client.close();
    }

    @Override
    public String toString() {
        return "bucket " + bucket;
    }
}
