package io.carillon.platform.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import jakarta.ws.rs.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class HttpRequestsTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final HttpRequests requests = new HttpRequests(registry);

    @Path("v1/things")
    static class Things {
        void list() {}

        @Path("{name: .+}/parts/{part}")
        void part() {}
    }

    static class GeneratedThings extends Things {}

    @Test
    void callersCannotMakeNewSeries() {
        for (int status = 200; status < 600; status++) {
            requests.record("METHOD-" + status, "/v1/queue/{task_id}", status, Duration.ofMillis(1));
        }

        assertThat(registry.find("carillon.http.requests").timers())
                .hasSizeLessThan(30)
                .extracting(timer -> timer.getId().getTag("method"))
                .containsOnly("other");
        assertThat(registry.find("carillon.http.requests").timers())
                .extracting(timer -> timer.getId().getTag("status"))
                .contains("200", "404", "2xx", "3xx", "4xx", "5xx");
    }

    @Test
    void pathIsTheTemplateNotWhatTheCallerSent() throws NoSuchMethodException {
        PathTemplates templates = new PathTemplates();

        assertThat(templates.of(Things.class, Things.class.getDeclaredMethod("list")))
                .isEqualTo("/v1/things");
        assertThat(templates.of(GeneratedThings.class, Things.class.getDeclaredMethod("part")))
                .isEqualTo("/v1/things/{name}/parts/{part}");
    }
}
