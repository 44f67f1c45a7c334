package io.carillon.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a method with {@link Handles} may look like, and what it is called with. */
class HandlerMethodTest {
    record Picture(int width) {}

    @SuppressWarnings("unused")
    static class Handlers {
        @Handles("q")
        int typed(Picture picture, TaskWrapper task) {
            return picture.width() + task.attempt();
        }

        @Handles("q")
        int generic(List<Picture> pictures) {
            return pictures.get(0).width();
        }

        @Handles("q")
        String text(String json) {
            return json;
        }

        @Handles("q")
        byte[] bytes(byte[] json) {
            return json;
        }

        @Handles("q")
        JsonNode tree(TaskWrapper task, JsonNode tree) {
            return tree;
        }

        @Handles("q")
        int number(int number) {
            return number;
        }

        @Handles("q")
        void forgets(TaskWrapper task) {}

        @Handles("q")
        Object throwing(String json) throws IOException {
            throw new IOException("no disk");
        }

        @Handles("q")
        Object nothing() {
            return null;
        }

        @Handles("q")
        Object twoPayloads(String one, Picture two) {
            return null;
        }

        @Handles("q")
        void noResult(Picture picture) {}

        @Handles("q")
        CompletableFuture<String> later(Picture picture) {
            return null;
        }

        @Handles("q")
        static Object ofTheClass(Picture picture) {
            return null;
        }

        @Handles("q")
        private Object hidden(Picture picture) {
            return null;
        }

        @Handles("q:1")
        Object levelInTheName(Picture picture) {
            return null;
        }

        @Handles(value = "q", levels = 10)
        Object unknownLevel(Picture picture) {
            return null;
        }

        @Handles(value = "q", weight = 0)
        Object noWeight(Picture picture) {
            return null;
        }

        @Handles("a queue")
        Object noQueue(Picture picture) {
            return null;
        }

        @Handles(
                value = "other",
                levels = {0, 2},
                weight = 3)
        Object levels(Picture picture) {
            return null;
        }
    }

    private static final WorkerProperties PROPERTIES =
            new WorkerProperties(name -> name.equals("carillon.key") ? Optional.of("k") : Optional.empty());

    private static HandlerMethod method(String name) {
        Method method = Arrays.stream(Handlers.class.getDeclaredMethods())
                .filter(declared -> declared.getName().equals(name))
                .findFirst()
                .orElseThrow();
        return HandlerMethod.of(method, method.getAnnotation(Handles.class));
    }

    private static Object handle(String name, String data) throws Exception {
        WorkerBuilder builder = Worker.builder();
        method(name).addTo(builder, (method, arguments) -> method.invoke(new Handlers(), arguments));
        Task task = new Task("t", "q:0", "/v1/x", data, "callback", 1, null, Instant.MAX, null, null);
        return builder.handlers.get("q").handle(new TaskWrapper(task, null));
    }

    @Test
    void aMethodGetsWhatItAsksFor() throws Exception {
        assertThat(handle("typed", "{\"width\":3}")).isEqualTo(4);
        assertThat(handle("generic", "[{\"width\":3}]")).isEqualTo(3);
        assertThat(handle("text", "{\"n\": 1.0E+2}")).isEqualTo("{\"n\": 1.0E+2}");
        assertThat(handle("text", null)).isNull();
        assertThat(handle("bytes", "\"ü\"")).isEqualTo("\"ü\"".getBytes(StandardCharsets.UTF_8));
        assertThat(handle("tree", "{\"a\":[1]}").toString()).isEqualTo("{\"a\":[1]}");
    }

    @Test
    void whatDoesNotFitIsNotTriedAgainAndNotQuoted() {
        for (String unfit : List.of("{\"width\":\"secret\"}", "[]")) {
            assertThatThrownBy(() -> handle("typed", unfit))
                    .isInstanceOfSatisfying(
                            PermanentFailure.class,
                            failure -> assertThat(failure.result().json())
                                    .isEqualTo(
                                            "{\"status_code\":400,\"body\":{\"error\":\"The data of the task is no Picture\"}}"));
        }
        assertThatThrownBy(() -> handle("number", null)).isInstanceOf(PermanentFailure.class);
    }

    @Test
    void whatAMethodThrowsIsTheFailureItself() {
        assertThatThrownBy(() -> handle("throwing", "{}"))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("no disk");
    }

    @Test
    void aMethodThatForgetsToEndItsTaskHasFailed() {
        assertThatThrownBy(() -> handle("forgets", "{}")).hasMessage("forgets returned before it had ended task t");
    }

    @ParameterizedTest
    @CsvSource({
        "nothing, 'must take the payload, a TaskWrapper, or one of each'",
        "twoPayloads, 'must take the payload, a TaskWrapper, or one of each'",
        "noResult, 'must return the result, or take a TaskWrapper by which it ends the task'",
        "later, 'must return the result itself, not one that comes later'",
        "ofTheClass, must not be static",
        "hidden, must not be private",
        "levelInTheName, but the level and the weight are values of their own",
        "unknownLevel, 'names the level 10, but levels are 0 to 9'",
        "noWeight, 'The weight of a queue is 1 to 1000, not 0'",
        "noQueue, a queue is NAME"
    })
    void aMethodThatCannotDoTasksIsRefused(String name, String why) {
        assertThatThrownBy(() -> method(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("@Handles method ")
                .hasMessageContaining(name + "(")
                .hasMessageContaining(why);
    }

    @Test
    void levelsAndWeightAreThoseOfTheQueue() {
        assertThat(method("levels")).hasToString(Handlers.class.getName() + ".levels for other:0=3, other:2=3");
    }

    @Test
    void aQueueHasOneMethodAndNoPropertyBesideIt() {
        HandlerMethod.Call call = (method, arguments) -> null;

        assertThatThrownBy(() -> ContainerWorker.of(PROPERTIES, Map.of(method("text"), call, method("tree"), call)))
                .hasMessage("Queue q has a handler already");
        WorkerProperties queues = new WorkerProperties(name -> Optional.of("a"));
        assertThatThrownBy(() -> ContainerWorker.of(queues, Map.of(method("text"), call)))
                .hasMessageStartingWith("carillon.worker.queue is 'a', but must be left out");
        assertThatThrownBy(() -> ContainerWorker.of(PROPERTIES, task -> {}))
                .hasMessageEndingWith("needs the queues: carillon.worker.queue");
    }
}
