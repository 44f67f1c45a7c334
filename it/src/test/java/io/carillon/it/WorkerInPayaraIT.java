package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.it.example.Thumbnails;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.PayaraForTheWar;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import io.carillon.worker.Worker;
import io.carillon.worker.cdi.WorkerExtension;
import java.io.File;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.pool2.ObjectPool;
import org.jboss.arquillian.container.test.api.Deployer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.Logger;
import redis.clients.jedis.Jedis;

/** The library with CDI in a Jakarta EE application, as docs/worker.md shows it: a WAR on Payara, its tasks from another server. */
@Isolated("its server has only so long to start")
@ExtendWith(PayaraForTheWar.class)
@ArquillianTest
class WorkerInPayaraIT {
    private static final String APPLICATION = "application";
    private static final String WORKER = "worker-in-payara";

    private final Server a = Whole.a();

    @ArquillianResource
    Deployer deployer;

    @Deployment(name = APPLICATION, managed = false, testable = false)
    static WebArchive application() {
        return ShrinkWrap.create(WebArchive.class, "application.war")
                .addClasses(Thumbnails.class, Thumbnails.Picture.class, UntilTheEnd.class)
                .addAsLibraries(Stream.of(
                                WorkerExtension.class,
                                Worker.class,
                                ObjectMapper.class,
                                JsonFactory.class,
                                JsonProperty.class,
                                Jedis.class,
                                ObjectPool.class,
                                Logger.class)
                        .map(WorkerInPayaraIT::jar)
                        .toArray(File[]::new))
                .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml")
                .addAsResource(
                        new StringAsset("carillon.worker.server=" + Whole.a().url() + "\ncarillon.worker.key="
                                + Whole.a().key() + "\ncarillon.worker.id=" + WORKER
                                + "\ncarillon.worker.concurrency=2\n"),
                        "META-INF/microprofile-config.properties");
    }

    private static File jar(Class<?> content) {
        try {
            return new File(
                    content.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Test
    @Timeout(value = 4, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SAME_THREAD)
    void anApplicationHasTasksDoneByItsBeansUntilItStops() throws Exception {
        a.register("thumbnails").expect(200);
        a.register("until-the-end").expect(200);
        deployer.deploy(APPLICATION);
        CompletableFuture<Answer> caller;
        try {
            caller = answeredUntilTheEnd();
        } finally {
            deployer.undeploy(APPLICATION);
        }
        assertThat(caller.get(30, TimeUnit.SECONDS).expect(200).text()).isEqualTo("{\"capacity\":2}");
        // Servers write what workers say a second later.
        Eventually.passes(Duration.ofSeconds(20), () -> assertThat(a.get("/v1/workers/" + WORKER)
                        .expect(200)
                        .json()
                        .path("status")
                        .asText())
                .isEqualTo("ended"));
    }

    /** @return a caller whose task runs, and ends only when the application does */
    private CompletableFuture<Answer> answeredUntilTheEnd() {
        WorkerInContainersIT.assertThumbnailsAreMade(a);

        CompletableFuture<Answer> caller = a.putLater(Put.blocking("until-the-end"));
        Eventually.get(
                () -> a.get("/v1/queue/until-the-end:0/stats").expect(200).json(),
                stats -> stats.path("running").intValue() == 1);
        return caller;
    }
}
