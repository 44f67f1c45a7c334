package io.carillon.worker.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.worker.Handles;
import io.carillon.worker.TaskExecutor;
import io.carillon.worker.TaskWrapper;
import io.carillon.worker.Worker;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import jakarta.enterprise.inject.spi.Extension;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What is found and refused when an application is deployed; no server answers here. There is MicroProfile Config; in
 * WorkerInContainersIT, which has the rest, there is none.
 */
@Timeout(60)
class WorkerExtensionTest {
    private final List<String> set = new ArrayList<>();

    private void property(String name, String value) {
        System.setProperty(name, value);
        set.add(name);
    }

    @AfterEach
    void clear() {
        set.forEach(System::clearProperty);
    }

    private SeContainer deploy(Class<?>... beans) {
        return SeContainerInitializer.newInstance()
                .disableDiscovery()
                .addExtensions(registered())
                .addBeanClasses(beans)
                .initialize();
    }

    /** What a container with discovery would find. */
    private static Extension registered() {
        return ServiceLoader.load(Extension.class).stream()
                .filter(provider -> provider.type() == WorkerExtension.class)
                .findFirst()
                .orElseThrow()
                .get();
    }

    interface Does<T> {
        Object handle(T payload);
    }

    @ApplicationScoped
    static class Good implements Does<String> {
        @Override
        @Handles("q")
        public Object handle(String payload) {
            return payload;
        }
    }

    @ApplicationScoped
    static class Same {
        @Handles("q")
        Object handle(TaskWrapper task) {
            return task;
        }
    }

    @ApplicationScoped
    static class Wrong {
        @Handles("q")
        void forget(String payload) {}
    }

    @ApplicationScoped
    static class Executor implements TaskExecutor {
        @Override
        public void submit(TaskWrapper task) {}
    }

    @ApplicationScoped
    static class Other {}

    @Test
    void theWorkerOfTheMethodsLivesAsLongAsTheApplication() {
        property("carillon.key", "k");
        Worker worker;
        try (SeContainer application = deploy(Good.class, Executor.class)) {
            worker = application.select(Worker.class).get();
            assertThat(worker.state()).isEqualTo(Worker.State.RUNNING);
            assertThat(worker.capacity())
                    .as("as microprofile-config.properties says")
                    .isEqualTo(3);
        }
        assertThat(worker.state()).isEqualTo(Worker.State.ENDED);
    }

    @Test
    void anExecutorServesTheQueuesOfTheProperties() {
        property("carillon.key", "k");
        property("bella.queue.worker.scheduled.queues", "a:0,b");
        property("bella.queue.worker.scheduled.enabled", "true");
        try (SeContainer application = deploy(Executor.class)) {
            assertThat(application.select(Worker.class).get().state()).isNotEqualTo(Worker.State.ENDED);
        }
    }

    @Test
    void whatIsWrongIsAnErrorOfTheDeployment() {
        assertThatThrownBy(() -> deploy(Wrong.class))
                .hasStackTraceContaining("Wrong.forget(java.lang.String) must return the result");
        assertThatThrownBy(() -> deploy(Good.class)).hasStackTraceContaining("carillon.worker.key, or CARILLON_KEY");
        property("carillon.key", "k");
        assertThatThrownBy(() -> deploy(Good.class, Same.class))
                .hasStackTraceContaining("Queue q has a handler already");
        property("carillon.worker.concurrency", "many");
        assertThatThrownBy(() -> deploy(Good.class))
                .hasStackTraceContaining(
                        "carillon.worker.concurrency is 'many', but must be a whole number, 1 to 10000");
    }

    @Test
    void thereIsNoWorkerWhereNothingDoesTasksOrNoneIsWanted() {
        try (SeContainer application = deploy(Other.class)) {
            assertThatThrownBy(() -> application.select(Worker.class).get()).hasMessageContaining("There is no worker");
        }
        property("carillon.worker.enabled", "false");
        try (SeContainer application = deploy(Good.class)) {
            assertThatThrownBy(() -> application.select(Worker.class).get()).hasMessageContaining("There is no worker");
        }
    }
}
