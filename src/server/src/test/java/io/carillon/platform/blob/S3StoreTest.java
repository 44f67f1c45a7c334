package io.carillon.platform.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Object;

class S3StoreTest extends BlobStoreContract {
    private final String bucket = "b-" + UUID.randomUUID();
    private final S3Client client = S3Server.client();
    private final S3Store store = new S3Store(client, bucket, "files/");

    @BeforeEach
    void makeBucket() {
        client.createBucket(request -> request.bucket(bucket));
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void whatIsNotSentYetLeavesNothingBehindHoweverItsWriterEnds(@TempDir Path pieces) throws IOException {
        try (BlobStore.Writer writer = new S3Store(client, bucket, "files/", pieces).write("a")) {
            writer.write(new byte[100_000]);

            assertThat(pieces).isEmptyDirectory();
        }
        assertThat(pieces).isEmptyDirectory();
    }

    @Test
    void aWriterThatCannotGoOnTakesItsUploadBack() throws IOException {
        BlobStore.Writer writer = store.write("a");
        writer.write(new byte[S3Store.PIECE + 1]);
        assertThat(everything()).isNotEmpty();
        // as when the disk fails, the file of an interrupted thread takes nothing more
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> writer.write(new byte[200_000])).isInstanceOf(IOException.class);
        assertThat(Thread.interrupted()).isTrue();

        writer.close();

        assertThat(everything()).isEmpty();
    }

    /** Answers as S3 does, with so many bytes of a hundred, and hangs up. */
    private static void answer(Socket connection, int bytes) throws IOException {
        try (connection) {
            BufferedReader request =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
            for (String line = request.readLine(); line != null && !line.isEmpty(); line = request.readLine()) {}
            OutputStream out = connection.getOutputStream();
            out.write(("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nETag: \"e\"\r\n\r\n" + "x".repeat(bytes))
                    .getBytes(StandardCharsets.US_ASCII));
            out.flush();
        }
    }

    private static BlobStore behind(ServerSocket server) {
        return new S3Store(
                BlobBeans.s3("us-east-1", Optional.of(URI.create("http://127.0.0.1:" + server.getLocalPort())), true)
                        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("k", "s")))
                        .build(),
                "bucket",
                "");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anAnswerThatBreaksOffIsNoEnd(boolean byteByByte) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                BlobStore store = behind(server)) {
            for (int bytes : new int[] {60, 100}) {
                CompletableFuture<Void> served = CompletableFuture.runAsync(() -> {
                    try {
                        answer(server.accept(), bytes);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                try (InputStream in = store.read("a", 0)) {
                    if (bytes == 100) {
                        assertThat(all(in, byteByByte)).isEqualTo(100);
                    } else {
                        assertThatThrownBy(() -> all(in, byteByByte)).isInstanceOf(EOFException.class);
                    }
                }
                served.get(30, TimeUnit.SECONDS);
            }
        }
    }

    private static int all(InputStream in, boolean byteByByte) throws IOException {
        int read = byteByByte ? 0 : in.readAllBytes().length;
        while (in.read() >= 0) {
            read++;
        }
        return read;
    }

    @Override
    BlobStore store() {
        return store;
    }

    @Override
    List<String> everything() {
        List<String> all = new ArrayList<>();
        client.listObjectsV2(request -> request.bucket(bucket)).contents().stream()
                .map(S3Object::key)
                .forEach(all::add);
        client.listMultipartUploads(request -> request.bucket(bucket)).uploads().stream()
                .map(MultipartUpload::key)
                .forEach(all::add);
        return all;
    }
}
