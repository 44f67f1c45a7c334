package io.carillon.worker.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.worker.Handles;
import io.carillon.worker.TaskExecutor;
import io.carillon.worker.TaskWrapper;
import io.carillon.worker.Worker;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;

/** What is found and refused when a context starts; no server answers here. WorkerInContainersIT has the rest. */
@Timeout(60)
class WorkerLifecycleTest {
    private final Map<String, Object> properties = new HashMap<>(Map.of(
            "carillon.key",
            "k",
            "carillon.worker.server",
            "http://127.0.0.1:9",
            "carillon.worker.shutdown-timeout",
            "0"));

    private AnnotationConfigApplicationContext start(Class<?>... beans) {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("test", properties));
        context.register(beans);
        context.refresh();
        return context;
    }

    @EnableWorker
    @Configuration
    static class Plain {}

    interface Does<T> {
        Object handle(T payload);
    }

    static class Good implements Does<String> {
        @Override
        @Handles("q")
        public Object handle(String payload) {
            return payload;
        }
    }

    static class Same {
        @Handles("q")
        Object handle(TaskWrapper task) {
            return task;
        }
    }

    static class Wrong {
        @Handles("q")
        private Object hide(String payload) {
            return payload;
        }
    }

    static class Executor implements TaskExecutor {
        @Override
        public void submit(TaskWrapper task) {}
    }

    @EnableAutoConfiguration
    static class Boot {
        @Bean
        Good good() {
            return new Good();
        }
    }

    private static Worker worker(ConfigurableApplicationContext context) {
        return context.getBean(WorkerLifecycle.class).worker().orElseThrow();
    }

    @Test
    void theWorkerOfTheMethodsLivesAsLongAsTheContext() {
        Worker worker;
        try (AnnotationConfigApplicationContext context = start(Plain.class, Good.class, Executor.class)) {
            worker = worker(context);
            assertThat(worker.state()).isEqualTo(Worker.State.RUNNING);
            assertThat(worker.capacity()).as("that of handlers").isEqualTo(1);
        }
        assertThat(worker.state()).isEqualTo(Worker.State.ENDED);
    }

    @Test
    void bootNeedsNoAnnotation() {
        properties.put("carillon.worker.concurrency", 3);
        try (ConfigurableApplicationContext context =
                new SpringApplicationBuilder(Boot.class).properties(properties).run()) {
            assertThat(worker(context).capacity()).isEqualTo(3);
        }
    }

    @Test
    void anExecutorServesTheQueuesOfTheProperties() {
        properties.put("bella.queue.worker.scheduled.enabled", true);
        properties.put("bella.queue.worker.scheduled.queues[0]", "a:0");
        try (AnnotationConfigApplicationContext context = start(Plain.class, Executor.class)) {
            assertThat(worker(context).capacity()).isEqualTo(10_000);
        }
    }

    @Test
    void whatIsWrongEndsTheStart() {
        assertThatThrownBy(() -> start(Plain.class, Wrong.class)).hasMessageEndingWith("must not be private");
        assertThatThrownBy(() -> start(Plain.class, Good.class, Same.class))
                .hasMessageContaining("Queue q has a handler already");
        properties.put("carillon.worker.lease", "1ms");
        assertThatThrownBy(() -> start(Plain.class, Good.class))
                .hasMessage("carillon.worker.lease is '1ms', but must be a time of at least 1s, such as 60s");
    }

    @Test
    void thereIsNoWorkerWhereNothingDoesTasksOrNoneIsWanted() {
        try (AnnotationConfigApplicationContext context = start(Plain.class)) {
            assertThat(context.getBean(WorkerLifecycle.class).worker()).isEmpty();
        }
        properties.put("bella.queue.worker.enabled", false);
        try (AnnotationConfigApplicationContext context = start(Plain.class, Good.class)) {
            assertThat(context.getBean(WorkerLifecycle.class).worker()).isEmpty();
        }
    }
}
