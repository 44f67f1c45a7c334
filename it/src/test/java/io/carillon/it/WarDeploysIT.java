package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.it.support.PayaraForTheWar;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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
class WarDeploysIT {
    private static final Path WAR = Path.of("..", "src", "server", "target", "carillon.war");

    @ArquillianResource
    URL base;

    @Deployment(testable = false)
    static WebArchive war() {
        return ShrinkWrap.createFromZipFile(WebArchive.class, WAR.toFile());
    }

    @Test
    void aTaskGoesItsWholeWay() throws Exception {
        assertThat(post("v1/queue/register", "{\"queue\":\"war\",\"endpoint\":\"/v1/x\"}")
                        .body())
                .isEqualTo("\"war\"");
        String put = post(
                        "v1/queue/put", "{\"queue\":\"war\",\"endpoint\":\"/v1/x\",\"level\":1,\"data\":{\"n\":null}}")
                .body();
        String id = put.replaceAll(".*(TASK-[-A-Z0-9]+).*", "$1");

        assertThat(post("v1/queue/take", "{\"queues\":[\"war:1\"],\"wait_seconds\":5}")
                        .body())
                .contains("\"task_id\":\"" + id + "\"", "\"data\":{\"n\":null}");
        assertThat(post("v1/queue/" + id + "/complete", "{\"status_code\":200,\"body\":{\"a\":1}}")
                        .body())
                .isEqualTo("\"" + id + "\"");
        assertThat(send(request("v1/queue/" + id).GET()).body()).contains("\"status\":\"succeeded\"");
    }

    @Test
    void whatIsNotThereIsSaidInJson() throws Exception {
        HttpResponse<String> answer = send(request("v1/nothing").GET());

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).startsWith("{\"error\":{\"message\":");
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return send(request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base.toString()).resolve(path))
                .header("Authorization", "Bearer " + PayaraForTheWar.KEY);
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
