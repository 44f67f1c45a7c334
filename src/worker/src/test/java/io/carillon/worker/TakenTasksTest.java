package io.carillon.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TakenTasksTest {
    private static List<Task> read(String answer) throws IOException {
        return TakenTasks.read(answer.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"b\":null,\"a\":1.0E+2,\"n\":12345678901234567890123}",
                "{ \"ü\" : [ \"\\u00e9\", \"🎼\" ] ,\"x\":{}}",
                "{}"
            })
    void dataIsWhatTheProducerSentToTheLetter(String data) throws IOException {
        List<Task> tasks = read("{\"ä:1\":[{\"task_id\":\"T\",\"data\":" + data + ",\"new\":[{}],\"level\":1}]}");

        assertThat(tasks).singleElement().extracting(Task::data).isEqualTo(data);
    }

    @Test
    void tasksOfAllQueuesComeInTheOrderOfDelivery() throws IOException {
        List<Task> tasks = read(
                """
                {"a:0":[{"task_id":"1","instance_id":"host:1","response_mode":"blocking","attempt":2,"expire_time":5}],
                 "b:1":[{"task_id":"2"},{"task_id":"3"}]}""");

        assertThat(tasks).extracting(Task::id).containsExactly("1", "2", "3");
        assertThat(tasks).extracting(Task::queue).containsExactly("a:0", "b:1", "b:1");
        assertThat(tasks.get(0))
                .isEqualTo(
                        new Task("1", "a:0", null, null, "blocking", 2, "host:1", Instant.ofEpochMilli(5), null, null));
    }

    @Test
    void resultsAreToldApartAndTheNextTasksComeWithThem() throws IOException {
        TakenTasks.Completed answer = TakenTasks.readCompleted(
                """
                {"results":[{"index":0,"task_id":"1","accepted":true},
                  {"index":1,"task_id":"2","accepted":false,"code":409,"message":"older","error":{"code":"409"}}],
                 "tasks":{"a:1":[{"task_id":"3","data":{"ä":null},"lease_expires_at":7,"trace_id":"t"}]}}"""
                        .getBytes(StandardCharsets.UTF_8));

        assertThat(answer.verdicts())
                .containsExactly(new TakenTasks.Verdict(true, 0, null), new TakenTasks.Verdict(false, 409, "older"));
        assertThat(answer.tasks()).singleElement().satisfies(task -> {
            assertThat(task.data()).isEqualTo("{\"ä\":null}");
            assertThat(task.leaseExpires()).isEqualTo(Instant.ofEpochMilli(7));
            assertThat(task.traceId()).isEqualTo("t");
        });
    }

    @Test
    void dataMayHaveNumbersAndNamesOfAnyLength() throws IOException {
        String data = "{\"n\":" + "9".repeat(10_000) + ",\"" + "k".repeat(60_000) + "\":1}";

        Task task =
                read("{\"a:0\":[{\"task_id\":\"T\",\"data\":" + data + "}]}").get(0);

        assertThat(task.data()).isEqualTo(data);
        assertThat(new TaskWrapper(task, null).payload().get("n").bigIntegerValue())
                .hasToString("9".repeat(10_000));
        assertThat(Result.ofJson(200, data).json()).endsWith(data + "}");
    }

    @Test
    void nothingIsNoTasks() throws IOException {
        assertThat(read("{}")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "{\"a:0\":{}}", "{\"a:0\":[1]}", "{\"code\":500}", "{\"a:0\":["})
    void anAnswerThatIsNoTasksIsRefused(String answer) {
        assertThatThrownBy(() -> read(answer)).isInstanceOf(IOException.class);
    }

    @Test
    void aTaskDoesNotShowItsDataInALog() throws IOException {
        assertThat(read("{\"a:0\":[{\"task_id\":\"T\",\"data\":{\"secret\":1}}]}")
                        .get(0))
                .asString()
                .contains("T")
                .doesNotContain("secret");
    }
}
