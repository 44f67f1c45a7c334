package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.Level;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TaskIdsTest {
    private final StillClock clock = new StillClock("2026-11-22T09:32:58.750Z");

    private static final class StillClock extends Clock {
        private Instant now;

        StillClock(String now) {
            this.now = Instant.parse(now);
        }

        void move(Duration by) {
            now = now.plus(by);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private static String next(TaskIds ids) {
        return ids.next(12, new Level(1), ResponseMode.CALLBACK).text();
    }

    @Test
    void anIdHasSevenPartsThatToolsRead() {
        TaskIds ids = new TaskIds(clock, 7);

        assertThat(next(ids)).isEqualTo("TASK-12-1-C-261122093258-0007-000000");
        assertThat(next(ids)).isEqualTo("TASK-12-1-C-261122093258-0007-000001");
        clock.move(Duration.ofSeconds(1));
        assertThat(next(ids)).isEqualTo("TASK-12-1-C-261122093259-0007-000000");
        assertThat(ids.next(999_999_999, new Level(9), ResponseMode.BATCH).text())
                .hasSizeLessThanOrEqualTo(64);
    }

    @ParameterizedTest
    @EnumSource(ResponseMode.class)
    void anIdIsReadAsItWasMade(ResponseMode mode) {
        for (int level = 0; level <= Level.LOWEST; level++) {
            TaskId id = new TaskIds(clock, 9999).next(123_456_789, new Level(level), mode);

            assertThat(TaskId.parse(id.text())).isEqualTo(id);
            assertThat(id.isOnline()).isEqualTo(level == 0);
            assertThat(id.hasCaller()).isEqualTo(mode == ResponseMode.BLOCKING || mode == ResponseMode.STREAMING);
        }
    }

    @Test
    void idsAreUniqueWhenTheClockIsSetBack() {
        TaskIds ids = new TaskIds(clock, 1);
        Set<String> seen = ConcurrentHashMap.newKeySet();
        for (Duration step : new Duration[] {
            Duration.ZERO, Duration.ofSeconds(2), Duration.ofSeconds(-2), Duration.ofHours(-1), Duration.ofHours(1)
        }) {
            clock.move(step);
            for (int i = 0; i < 100; i++) {
                assertThat(seen.add(next(ids))).isTrue();
            }
        }
    }

    @Test
    void moreThanAMillionInOneSecondAreUniqueAndKeepTheirForm() {
        TaskIds ids = new TaskIds(clock, 1);
        String last = "";
        for (int i = 0; i < 1_000_002; i++) {
            String id = next(ids);
            // Each greater than the one before, so none twice.
            if (id.compareTo(last) <= 0) {
                throw new AssertionError(id + " after " + last);
            }
            last = id;
        }
        assertThat(last).isEqualTo("TASK-12-1-C-261122093259-0001-000001");
        clock.move(Duration.ofSeconds(1));
        assertThat(next(ids)).isEqualTo("TASK-12-1-C-261122093259-0001-000002");
    }

    @Test
    void idsAreUniqueAmongThreads() {
        TaskIds ids = new TaskIds(clock, 1);
        Set<String> seen = ConcurrentHashMap.newKeySet();
        IntStream.range(0, 200_000).parallel().forEach(i -> seen.add(next(ids)));

        assertThat(seen).hasSize(200_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "TASK",
                "TASK-12-1-C-261122093258-0001",
                "TASK-12-1-C-261122093258-0001-000042-1",
                "task-12-1-C-261122093258-0001-000042",
                "TASK-0-1-C-261122093258-0001-000042",
                "TASK--1-C-261122093258-0001-000042",
                "TASK-9999999999-1-C-261122093258-0001-000042",
                "TASK-12-10-C-261122093258-0001-000042",
                "TASK-12-1-X-261122093258-0001-000042",
                "TASK-12-1-C-26112209325-0001-000042",
                "TASK-12-1-C-261122093258-1-42",
                "TASK-12-1-C-261122093258-0001-000042 ",
                "TASK-12-1-C-261122093258-0001-000042\n",
                "TASK-12-1-C-261122093258-0001-00004\u0662",
                "TASK-12-1-C-261122093258-0001-000042:x",
                "BATCH-12-1-261122093258-0001-000042"
            })
    void malformedIdsAreRefused(String text) {
        assertThatThrownBy(() -> TaskId.parse(text))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.INVALID));
    }
}
