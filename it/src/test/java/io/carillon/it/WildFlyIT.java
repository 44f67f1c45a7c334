package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.it.support.Answer;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.RawConnection;
import io.carillon.it.support.Server;
import io.carillon.it.support.WildFly;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The WAR as it was built, on a WildFly that has the settings of server-config, started by its own scripts. */
@Isolated("its server has only so long to start")
class WildFlyIT extends DeployedWar {
    private static WildFly wildFly;

    @BeforeAll
    static void start() {
        wildFly = WildFly.start();
    }

    @AfterAll
    static void stop() {
        if (wildFly != null) {
            wildFly.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/"})
    void nobodyComesToTheManagementOrToBeansByAnotherProtocol(String path) {
        try (RawConnection client = new RawConnection(server(), 0)) {
            client.write("GET " + path + " HTTP/1.1\r\nHost: " + server().address()
                    + "\r\nConnection: Upgrade\r\nUpgrade: jboss-remoting\r\n"
                    + "Sec-JbossRemoting-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
            assertThat(client.readSome()).startsWith("HTTP/1.1 4");
        }
    }

    @Test
    void theClientsRequestIdIsInTheLog() {
        Answer answer = server().send(server().request("/v1/files?limit=1")
                        .header("X-Client-Request-Id", "client-of-wildfly")
                        .build())
                .expect(200);

        String ours = answer.header("x-request-id").orElseThrow();
        Eventually.get(
                Duration.ofSeconds(20),
                wildFly::log,
                log -> log.contains("GET /v1/files is answered as " + ours + " (trace client-of-wildfly)"));
    }

    @Override
    Server server() {
        return wildFly.server();
    }
}
