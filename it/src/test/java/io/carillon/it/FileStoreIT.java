package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.it.support.Answer;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Form;
import io.carillon.it.support.RawConnection;
import io.carillon.it.support.S3Server;
import io.carillon.it.support.Server;
import io.carillon.it.support.Sql;
import io.carillon.standalone.Standalone;
import io.carillon.stores.Durability;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Files in S3, in several pieces, on a server with a small heap, and which is killed while they come. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class FileStoreIT {
    private static final Path DIRECTORY = Path.of("target", "file-store").toAbsolutePath();
    private static final int LARGE = 64 << 20;

    private final S3Server s3 = S3Server.start();
    private Standalone carillon;

    @BeforeAll
    void start() {
        Standalone.Builder builder = Standalone.builder()
                .dataDirectory(DIRECTORY)
                .durability(Durability.RELAXED)
                .env("CARILLON_JAVA_OPTS", "-Xmx256m -XX:TieredStopAtLevel=1");
        s3.environment().forEach(builder::env);
        carillon = builder.start();
    }

    @AfterAll
    void stop() {
        carillon.stop();
        s3.close();
    }

    private Server server() {
        return new Server(carillon.url(), carillon.adminKey());
    }

    /** Bytes that tell when some are missing. */
    private static InputStream bytes(int size) {
        return new InputStream() {
            private int at;

            @Override
            public int read() {
                return at == size ? -1 : value(at++);
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                int read = Math.min(length, size - at);
                for (int i = 0; i < read; i++) {
                    into[offset + i] = (byte) value(at++);
                }
                return read == 0 && length > 0 ? -1 : read;
            }
        };
    }

    private static int value(int at) {
        return (at * 31 + (at >>> 16)) & 0xFF;
    }

    @Test
    void fileOfSeveralPiecesGoesInAndOut() throws IOException, InterruptedException {
        byte[] form = Form.of("user_data", "large", "").bytes();
        String text = new String(form, StandardCharsets.ISO_8859_1);
        String head = "octet-stream\r\n\r\n";
        int split = text.indexOf(head) + head.length();
        Answer made = server().send(server().request("/v1/files")
                .timeout(Duration.ofMinutes(4))
                .header("Content-Type", Form.type())
                .POST(BodyPublishers.ofInputStream(() -> new SequenceInputStream(Collections.enumeration(List.of(
                        new ByteArrayInputStream(Arrays.copyOf(form, split)),
                        bytes(LARGE),
                        new ByteArrayInputStream(Arrays.copyOfRange(form, split, form.length)))))))
                .build());
        assertThat(made.expect(200).json().path("bytes").intValue()).isEqualTo(LARGE);
        String path = "/v1/files/" + made.json().path("id").textValue();

        InputStream content = HttpClient.newHttpClient()
                .send(
                        server().request(path + "/content")
                                .timeout(Duration.ofMinutes(4))
                                .build(),
                        BodyHandlers.ofInputStream())
                .body();
        try (content;
                InputStream expected = bytes(LARGE)) {
            byte[] buffer = new byte[1 << 20];
            byte[] other = new byte[1 << 20];
            int read = content.readNBytes(buffer, 0, buffer.length);
            while (read > 0) {
                assertThat(expected.readNBytes(other, 0, read)).isEqualTo(read);
                assertThat(Arrays.equals(buffer, 0, read, other, 0, read)).isTrue();
                read = content.readNBytes(buffer, 0, buffer.length);
            }
            assertThat(expected.read()).isEqualTo(-1);
        }
        server().delete(path).expect(200);
        Eventually.get(Duration.ofSeconds(60), s3::objects, objects -> objects == 0);
    }

    @Test
    void serverThatIsKilledWhileAFileComesLeavesNothing() {
        int before = s3.objects();
        try (RawConnection client = new RawConnection(server(), 0)) {
            client.write("POST /v1/files HTTP/1.1\r\nHost: " + server().address() + "\r\nAuthorization: Bearer "
                    + server().key() + "\r\nContent-Type: " + Form.type() + "\r\nContent-Length: 90000000\r\n\r\n"
                    + "--a-boundary-0123456789\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"
                    + "x".repeat(40 << 20));
            Eventually.get(Duration.ofSeconds(60), s3::objects, objects -> objects > before);
            carillon.killServer();
        }

        carillon.restartServer();
        assertThat(server().get("/v1/files").expect(200).json().path("data")).isEmpty();
        // nobody says any more that the file is still coming; that takes minutes, which pass here at once
        Sql.execute(carillon, "UPDATE loose_blob SET due = 0");

        Eventually.get(Duration.ofSeconds(60), s3::objects, objects -> objects <= before);
    }
}
