package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.it.support.PayaraForTheWar;
import io.carillon.it.support.Server;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/** The WAR as it was built, deployed by Arquillian to an application server that has the settings of server-config. */
@Isolated("its server has only so long to start")
@ExtendWith(PayaraForTheWar.class)
@ArquillianTest
class WarDeploysIT extends DeployedWar {
    private static final Path WAR = Path.of("..", "src", "server", "target", "carillon.war");

    @ArquillianResource
    URL base;

    @Deployment(testable = false)
    static WebArchive war() {
        return ShrinkWrap.createFromZipFile(WebArchive.class, WAR.toFile());
    }

    @Override
    Server server() {
        return new Server(URI.create(base.toString()), PayaraForTheWar.KEY);
    }

    @Override
    Server root() {
        return new Server(server().url().resolve("/"), PayaraForTheWar.KEY);
    }

    @Test
    void theApplicationIsBelowAContextPath() {
        assertThat(server().url().getPath()).isEqualTo("/below/");
        assertThat(root().get("/v1/models").status()).isEqualTo(404);
    }
}
