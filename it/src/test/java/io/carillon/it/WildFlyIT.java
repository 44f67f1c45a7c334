package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.it.support.RawConnection;
import io.carillon.it.support.Server;
import io.carillon.it.support.WildFly;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

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

    @Test
    void nobodyComesToTheManagementByTheHealth() {
        try (RawConnection client = new RawConnection(server(), 0)) {
            client.write("GET /health HTTP/1.1\r\nHost: " + server().address()
                    + "\r\nConnection: Upgrade\r\nUpgrade: jboss-remoting\r\n"
                    + "Sec-JbossRemoting-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
            assertThat(client.readSome()).startsWith("HTTP/1.1 400");
        }
    }

    @Override
    Server server() {
        return wildFly.server();
    }
}
