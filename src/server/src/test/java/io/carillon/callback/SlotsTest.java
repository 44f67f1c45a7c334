package io.carillon.callback;

import static org.assertj.core.api.Assertions.assertThat;

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

    private void fill(String host) {
        while (slots.roomFor(host) > 0) {
            slots.enter(host, 1);
        }
    }
}
