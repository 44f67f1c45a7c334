package io.carillon.it;

import io.carillon.it.support.Server;
import io.carillon.it.support.WildFly;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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
        wildFly.close();
    }

    @Override
    Server server() {
        return wildFly.server();
    }
}
