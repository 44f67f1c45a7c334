package io.carillon.callback;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SlotsTest {
    private final Slots slots = new Slots(256, 64, 1000);

    @Test
    void hostGetsNoMoreThanItsLimit() {
        fill("slow");
        assertThat(slots.free()).isEqualTo(256 - 64);
        slots.leave("slow", 1);
        assertThat(slots.roomFor("slow")).isEqualTo(1);
    }

    @Test
    void manySlowHostsLeaveRoomForOthers() {
        for (int host = 0; host < 8; host++) {
            fill("slow" + host);
        }
        assertThat(slots.free()).isPositive();
        assertThat(slots.roomFor("other")).isPositive();
    }

    @Test
    void bytesUnderWayAreCounted() {
        slots.enter("a", 5000);
        assertThat(slots.freeBytes()).isNegative();
        assertThat(slots.idle()).isFalse();
        slots.leave("a", 5000);
        assertThat(slots.freeBytes()).isEqualTo(1000);
        assertThat(slots.idle()).isTrue();
    }

    @Test
    void hostThatFailsAgainAndAgainIsOnlyProbedUntilItAnswers() {
        long[] now = {0};
        Slots watched = new Slots(256, 64, 1000, () -> now[0]);
        for (int i = 1; i < Slots.FAILURES; i++) {
            assertThat(watched.note("down", false)).isEqualTo(Slots.Change.NONE);
        }
        assertThat(watched.roomFor("down")).isEqualTo(64);

        assertThat(watched.note("down", false)).isEqualTo(Slots.Change.FAILS);
        assertThat(watched.roomFor("down")).isZero();
        assertThat(watched.roomFor("other")).isEqualTo(64);
        now[0] += TimeUnit.SECONDS.toNanos(1);
        assertThat(watched.roomFor("down")).isEqualTo(Slots.PROBES);
        assertThat(watched.note("down", false)).isEqualTo(Slots.Change.NONE);

        assertThat(watched.note("down", true)).isEqualTo(Slots.Change.WORKS_AGAIN);
        assertThat(watched.roomFor("down")).isEqualTo(64);
        assertThat(watched.note("down", true)).isEqualTo(Slots.Change.NONE);
    }

    @Test
    void successAmongFailuresIsNoOutage() {
        for (int i = 0; i < 100; i++) {
            assertThat(slots.note("moody", i % Slots.FAILURES == 0)).isEqualTo(Slots.Change.NONE);
        }
        assertThat(slots.roomFor("moody")).isEqualTo(64);
    }

    private void fill(String host) {
        while (slots.roomFor(host) > 0) {
            slots.enter(host, 1);
        }
    }
}
