package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.json.RawJson;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class NewTaskTest {
    private static final TaskId ID = TaskId.parse("TASK-12-1-C-261122093258-0001-000042");
    private static final TaskId OTHER = TaskId.parse("TASK-12-1-C-261122093258-0001-000043");

    @Test
    void anotherIdChangesNothingElse() {
        Specification specification = new Specification("q", "/v1/x", "ck_1", null, null, null, null);
        Retries retries = new Retries(7, null, Duration.ofSeconds(3));
        Due due = Due.after(Duration.ofSeconds(9));
        NewTask task = new NewTask(ID, specification, RawJson.of("{}"), Duration.ofHours(1), "i", retries, due);

        NewTask other = task.withId(OTHER);

        assertThat(other.id()).isEqualTo(OTHER);
        assertThat(other.withId(ID)).isEqualTo(task);
    }
}
