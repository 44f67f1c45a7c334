package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.it.support.Answer;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Form;
import io.carillon.it.support.RawConnection;
import io.carillon.it.support.Server;
import io.carillon.standalone.Standalone;
import io.carillon.stores.Durability;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** Clients that read a file slowly, on a server that sends two at once. */
@Isolated("the server's start and its transfers need the machine")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class TransfersIT {
    private static final int LARGE = 48 << 20;

    @Test
    void slowReadersLeaveTheServerToOthers() {
        Standalone carillon = Standalone.builder()
                .dataDirectory(Path.of("target", "transfers").toAbsolutePath())
                .durability(Durability.RELAXED)
                .env("CARILLON_JAVA_OPTS", "-Xmx1g -XX:TieredStopAtLevel=1")
                .env("CARILLON_FILES_TRANSFERS", "2")
                .start();
        try {
            Server server = new Server(carillon.url(), carillon.adminKey());
            String file = "/v1/files/"
                    + upload(server, "x".repeat(LARGE))
                            .expect(200)
                            .json()
                            .required("id")
                            .textValue();
            String small = "/v1/files/"
                    + upload(server, "small").expect(200).json().required("id").textValue();
            for (int i = 0; i < 5; i++) {
                server.get("/v1/files/file-none/content").expect(404);
                server.get("/v1/batches/batch_none/results").expect(404);
                upload(server.as("sk-wrong"), "x").expect(401);
            }

            try (RawConnection one = slow(server, file);
                    RawConnection two = slow(server, file)) {
                Answer refused = server.get(small + "/content").expect(503);
                assertThat(refused.header("Retry-After")).contains("2");
                assertThat(refused.json().path("error").path("type").asText()).isEqualTo("server_error");
                assertThat(upload(server, "x").status()).isEqualTo(503);
                assertThat(server.get("/v1/batches/batch_none/results").status())
                        .isEqualTo(503);
                server.get(small).expect(200);
                String queue = server.newQueue();
                server.take("{\"queues\":[\"" + queue + ":1\"],\"size\":1}").expect(200);
                one.reset();
                two.reset();
            }

            Eventually.get(
                    Duration.ofSeconds(60), () -> server.get(small + "/content").status(), status -> status == 200);
        } finally {
            carillon.stop();
        }
    }

    private static Answer upload(Server server, String text) {
        return server.send(server.request("/v1/files")
                .header("Content-Type", Form.type())
                .POST(BodyPublishers.ofByteArray(Form.of("user_data", "x", text).bytes()))
                .build());
    }

    /** Reads the beginning, and then nothing. */
    private static RawConnection slow(Server server, String file) {
        RawConnection reader = new RawConnection(server, 8 * 1024);
        reader.write("GET " + file + "/content HTTP/1.1\r\nHost: " + server.address() + "\r\nAuthorization: Bearer "
                + server.key() + "\r\n\r\n");
        assertThat(reader.readSome()).startsWith("HTTP/1.1 200");
        return reader;
    }
}
