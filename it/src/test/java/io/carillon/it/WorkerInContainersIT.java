package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.it.example.Captions;
import io.carillon.it.example.Resizer;
import io.carillon.it.example.Thumbnails;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.SseReader;
import io.carillon.it.support.Whole;
import io.carillon.worker.Handles;
import io.carillon.worker.TaskWrapper;
import io.carillon.worker.Worker;
import io.carillon.worker.cdi.WorkerExtension;
import io.carillon.worker.spring.EnableWorker;
import io.carillon.worker.spring.WorkerLifecycle;
import jakarta.enterprise.context.RequestScoped;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The library in plain Java, CDI and Spring, as docs/worker.md shows it, against the server. */
@Timeout(120)
class WorkerInContainersIT {
    private static final Map<String, String> PROPERTIES = Map.of(
            "carillon.worker.server",
            Whole.a().url().toString(),
            "carillon.worker.key",
            Whole.a().key(),
            "carillon.worker.concurrency",
            "2",
            "carillon.worker.shutdown-timeout",
            "30s");

    private final Server a = Whole.a();

    /** For CDI; Spring sees them too. */
    @BeforeAll
    static void configure() {
        PROPERTIES.forEach(System::setProperty);
    }

    @AfterAll
    static void clear() {
        PROPERTIES.keySet().forEach(System::clearProperty);
    }

    /** Ends a task when the test says so. */
    private static final class Gate {
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);

        void pass(TaskWrapper task) throws InterruptedException {
            begun.countDown();
            goOn.await();
            task.markComplete(Map.of("status_code", 202, "body", "finished"));
        }
    }

    /** A task that has begun when an application stops is finished, by beans that still live. */
    private void finishesWhatItHas(String queue, Gate gate, Worker worker, AutoCloseable application) throws Exception {
        CompletableFuture<Answer> caller = a.putLater(Put.blocking(queue));
        assertThat(gate.begun.await(30, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> {
            try {
                application.close();
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        });
        Eventually.get(Duration.ofSeconds(30), worker::state, state -> state != Worker.State.RUNNING);
        gate.goOn.countDown();
        assertThat(caller.get(30, TimeUnit.SECONDS).expect(202).text()).isEqualTo("\"finished\"");
        stopped.get(30, TimeUnit.SECONDS);
    }

    @Test
    void thePlainExampleAnswers() throws Exception {
        a.register("resize").expect(200);
        Thread program = new Thread(() -> {
            try {
                Resizer.run(a.url().toString(), a.key());
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        });
        program.start();
        assertThat(a.put(Put.blocking("resize").data("{\"width\":640,\"height\":480}"))
                        .expect(200)
                        .text())
                .isEqualTo("{\"width\":320}");
        program.interrupt();
        program.join(30_000);
        assertThat(program.isAlive()).isFalse();
    }

    @RequestScoped
    static class Slowly {
        private static final Gate GATE = new Gate();

        @Inject
        Worker worker;

        @Handles("slowly-in-cdi")
        void pass(TaskWrapper task) throws InterruptedException {
            assertThat(worker.capacity()).isEqualTo(2);
            GATE.pass(task);
        }
    }

    /** That {@link Thumbnails} works for that server, wherever it does. */
    static void assertThumbnailsAreMade(Server server) {
        assertThat(server.put(Put.blocking("thumbnails").data("{\"width\":640,\"height\":480}"))
                        .expect(200)
                        .text())
                .isEqualTo("{\"width\":64,\"height\":48}");
        assertThat(server.put(Put.blocking("thumbnails").data("{\"width\":\"wide\"}"))
                        .expect(400)
                        .text())
                .isEqualTo("{\"error\":\"The data of the task is no Picture\"}");
    }

    @Test
    void aCdiApplicationHasTasksDoneByItsBeans() throws Exception {
        a.register("thumbnails").expect(200);
        a.register("slowly-in-cdi").expect(200);
        SeContainer application = SeContainerInitializer.newInstance()
                .disableDiscovery()
                .addExtensions(new WorkerExtension())
                .addBeanClasses(Thumbnails.class, Slowly.class)
                .initialize();
        assertThumbnailsAreMade(a);
        Worker worker = application.select(Worker.class).get();

        finishesWhatItHas("slowly-in-cdi", Slowly.GATE, worker, application);
        assertThat(worker.state()).isEqualTo(Worker.State.ENDED);
    }

    @EnableWorker
    @Configuration
    static class Beans {
        private static final Gate GATE = new Gate();
        private boolean failed;

        @Bean
        Beans.Slow slow() {
            return new Slow();
        }

        static class Slow {
            @Handles("slowly-in-spring")
            void pass(TaskWrapper task) throws InterruptedException {
                GATE.pass(task);
            }
        }

        @Handles("at-second-try")
        int attempt(String json, TaskWrapper task) throws IOException {
            if (!failed) {
                failed = true;
                throw new IOException("not yet");
            }
            return task.attempt();
        }
    }

    @Test
    void aSpringApplicationHasTasksDoneByItsBeans() throws Exception {
        for (String queue : List.of("captions", "slowly-in-spring", "at-second-try")) {
            a.register(queue).expect(200);
        }
        a.patch("/v1/queues/at-second-try", "{\"backoff\":{\"type\":\"fixed\",\"delay_ms\":10}}")
                .expect(200);
        ConfigurableApplicationContext application = new SpringApplicationBuilder(Captions.class, Beans.class).run();
        try (SseReader caller = SseReader.put(a, Put.streaming("captions").data("{\"width\":640,\"height\":480}"))) {
            assertThat(caller.frames().get(0)).isEqualTo("id:1\nevent:message\ndata:{\"percent\":50}\n\n");
        }
        assertThat(a.put(Put.blocking("captions").data("{\"width\":640,\"height\":480}"))
                        .expect(200)
                        .text())
                .isEqualTo("{\"caption\":\"a landscape\"}");
        assertThat(a.put(Put.blocking("at-second-try")).expect(200).text()).isEqualTo("2");
        Worker worker = application.getBean(WorkerLifecycle.class).worker().orElseThrow();
        assertThat(worker.capacity()).isEqualTo(2);

        finishesWhatItHas("slowly-in-spring", Beans.GATE, worker, application);
        assertThat(worker.state()).isEqualTo(Worker.State.ENDED);
    }

    @Test
    void theDocumentationShowsWhatRunsHere() throws IOException {
        String sources;
        try (Stream<Path> files = Files.list(Path.of("src", "test", "java", "io", "carillon", "it", "example"))) {
            sources = files.map(WorkerInContainersIT::lines).collect(Collectors.joining("\n"));
        }
        List<String> shown = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("..", "docs", "worker.md")))
                .results()
                .map(block -> lines(block.group(1)))
                .toList();

        assertThat(shown).hasSize(3).allSatisfy(block -> assertThat(sources).contains(block));
    }

    private static String lines(Path file) {
        try {
            return lines(Files.readString(file));
        } catch (IOException unreadable) {
            throw new IllegalStateException(unreadable);
        }
    }

    private static String lines(String text) {
        return text.lines().map(String::strip).filter(line -> !line.isEmpty()).collect(Collectors.joining("\n"));
    }
}
