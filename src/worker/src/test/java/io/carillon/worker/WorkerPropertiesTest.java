package io.carillon.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerPropertiesTest {
    private static WorkerProperties properties(String... namesAndValues) {
        Map<String, String> all = new HashMap<>(Map.of("carillon.key", "k"));
        for (int i = 0; i < namesAndValues.length; i += 2) {
            all.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return new WorkerProperties(name -> Optional.ofNullable(all.get(name)));
    }

    @Test
    void oursSetTheWorker() {
        WorkerBuilder builder = properties(
                        "carillon.worker.server", "http://carillon:1",
                        "carillon.worker.key", "sk-1",
                        "carillon.worker.id", "me",
                        "carillon.worker.strategy", "round-robin",
                        "carillon.worker.concurrency", "8",
                        "carillon.worker.lease", "2m",
                        "carillon.worker.heartbeat", "500ms",
                        "carillon.worker.long-poll", "0",
                        "carillon.worker.request-timeout", "3",
                        "carillon.worker.shutdown-timeout", "1h30m",
                        "carillon.worker.max-runs", "7",
                        "carillon.worker.max-consecutive-errors", "6",
                        "carillon.worker.event-bus", "TRUE")
                .builder();

        assertThat(builder.server).hasToString("http://carillon:1");
        assertThat(builder.key).isEqualTo("sk-1");
        assertThat(builder.workerId).isEqualTo("me");
        assertThat(builder.strategy).isEqualTo(Strategy.ROUND_ROBIN);
        assertThat(builder.concurrency).isEqualTo(8);
        assertThat(builder.lease).isEqualTo(Duration.ofMinutes(2));
        assertThat(builder.heartbeat).isEqualTo(Duration.ofMillis(500));
        assertThat(builder.longPoll).isZero();
        assertThat(builder.requestTimeout).isEqualTo(Duration.ofSeconds(3));
        assertThat(builder.shutdownTimeout).isEqualTo(Duration.ofMinutes(90));
        assertThat(builder.maxRuns).isEqualTo(7);
        assertThat(builder.maxConsecutiveErrors).isEqualTo(6);
        assertThat(builder.eventBus).isTrue();
    }

    @Test
    void bellasNamesCountWhereOursSayNothing() {
        WorkerProperties bellas = properties(
                "bella.queue.worker.enabled", "false",
                "bella.queue.worker.scheduled.enabled", "true",
                "bella.queue.worker.scheduled.endpoint", "/v1/chat/completions",
                "bella.queue.worker.scheduled.queues[0]", "a:0",
                "bella.queue.worker.scheduled.queues[1]", "b",
                "bella.queue.worker.scheduled.take-strategy", "sequential",
                "bella.queue.worker.scheduled.size", "3",
                "bella.queue.worker.scheduled.scheduleWorkerDelayMs", "10");

        assertThat(bellas.isEnabled()).isFalse();
        assertThat(bellas.builder().strategy).isEqualTo(Strategy.SEQUENTIAL);
        assertThat(bellas.scheduled())
                .contains(new ScheduledWorker.Properties(
                        true, "/v1/chat/completions", List.of("a:0", "b"), "sequential", 3, 50));

        WorkerProperties both = properties(
                "carillon.worker.enabled", "true",
                "bella.queue.worker.enabled", "false",
                "carillon.worker.queue", "c:1=2, d",
                "bella.queue.worker.scheduled.queues", "a",
                "carillon.worker.scheduled.enabled", "",
                "bella.queue.worker.scheduled.enabled", "true",
                "carillon.worker.scheduled.delay", "1s",
                "bella.queue.worker.scheduled.scheduleWorkerDelayMs", "200");
        assertThat(both.isEnabled()).isTrue();
        assertThat(both.scheduled())
                .contains(new ScheduledWorker.Properties(true, null, List.of("c:1=2", "d"), "fifo", 1, 1000));
    }

    @Test
    void nothingSaidIsTheBuildersDefaultAndNoSchedule() {
        WorkerProperties none = properties();

        assertThat(none.isEnabled()).isTrue();
        assertThat(none.scheduled()).isEmpty();
        assertThat(none.queues()).isEmpty();
        assertThat(none.builder())
                .usingRecursiveComparison()
                .isEqualTo(Worker.builder().key("k"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "carillon.worker.server | localhost:1 | an address such as http://host:8080",
                "carillon.worker.strategy | best | fifo, round_robin, active_passive or sequential",
                "bella.queue.worker.scheduled.takeStrategy | best | fifo, round_robin, active_passive or sequential",
                "carillon.worker.concurrency | many | a whole number, 1 to 10000",
                "carillon.worker.concurrency | 0 | a whole number, 1 to 10000",
                "carillon.worker.lease | 10ms | a time of at least 1s, such as 60s",
                "carillon.worker.heartbeat | 0 | a time of more than 0, such as 5s",
                "carillon.worker.long-poll | 2m | a time of at most 60s, such as 20s",
                "carillon.worker.shutdown-timeout | soon | a time such as 30s",
                "carillon.worker.max-runs | -1 | a whole number, 0 or more",
                "carillon.worker.event-bus | yes | true or false",
                "bella.queue.worker.scheduled.size | 0 | a whole number, 1 to 1000",
                "bella.queue.worker.scheduled.scheduleWorkerDelayMs | 1s | milliseconds, 0 or more",
                "carillon.worker.queue | a,b:77 | queues such as resize,deepseek-r1:0=3, each NAME[:LEVEL][=WEIGHT]"
            })
    void aWrongValueIsToldWithItsNameAndWhatIsAllowed(String name, String value, String allowed) {
        WorkerProperties wrong = properties("carillon.worker.scheduled.enabled", "true", name, value);

        assertThatThrownBy(() -> {
                    wrong.builder();
                    wrong.scheduled();
                })
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(name + " is '" + value + "', but must be " + allowed);
    }

    @Test
    void aKeyIsNeededAndNeverShown() {
        assertThatThrownBy(() -> properties("carillon.key", " ").builder())
                .hasMessageContaining("carillon.worker.key")
                .hasMessageContaining("CARILLON_KEY");
        assertThatThrownBy(() -> properties("carillon.key", "se cret").builder())
                .hasMessage("carillon.key is '...', but must be printable ASCII without blanks");
    }

    @ParameterizedTest
    @CsvSource({"1.5s, 1500", "1m500ms, 60500", "90, 90000", "1h30m, 5400000", "0, 0", "0.25h, 900000"})
    void aTimeMayBeWrittenAsGoHasIt(String text, long millis) {
        assertThat(WorkerProperties.duration(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "-1s", "1.s", "1d", "999999999h", "1 s", "1h30"})
    void whatIsNoTimeIsRefused(String text) {
        assertThatThrownBy(() -> WorkerProperties.duration(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
