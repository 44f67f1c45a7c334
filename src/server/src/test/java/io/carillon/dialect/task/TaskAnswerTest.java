package io.carillon.dialect.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.json.RawJson;
import io.carillon.task.Attempt;
import io.carillon.task.Specification;
import io.carillon.task.TaskId;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskAnswerTest {

    @ParameterizedTest
    @CsvSource(
            nullValues = "NONE",
            value = {
                "TASK-12-0-C-261122093258-0001-000001, NONE, me:1-7, callback",
                "TASK-12-0-B-261122093258-0001-000001, other:1-3, other:1-3, blocking",
                "TASK-12-0-S-261122093258-0001-000001, other:1-3, other:1-3, streaming",
                "TASK-12-0-B-261122093258-0001-000001, NONE, NONE, callback",
                "TASK-12-1-C-261122093258-0001-000001, NONE, NONE, callback",
                "TASK-12-1-P-261122093258-0001-000001, NONE, NONE, batch"
            })
    void aWorkerIsToldAnInstanceOfEachOnlineTask(String id, String holder, String told, String mode) {
        Specification specification = new Specification("q", "/v1/x", "ck_1", null, null, null, null);
        Attempt attempt =
                new Attempt(TaskId.parse(id), 1, specification, RawJson.of("{}"), 1000, 2, 1, 2, holder, 0, 0);

        TaskAnswer answer = TaskAnswer.of(attempt, "me:1-7");

        assertThat(answer.instanceId()).isEqualTo(told);
        assertThat(answer.responseMode()).isEqualTo(mode);
    }
}
