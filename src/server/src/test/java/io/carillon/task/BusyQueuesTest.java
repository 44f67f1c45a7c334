package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BusyQueuesTest {
    private static final int QUEUE = 7;

    private final BusyQueues busy = new BusyQueues();

    private long looksOf(int n) {
        return IntStream.range(0, n).filter(look -> busy.isDue(QUEUE, look)).count();
    }

    private long sweepsOf(int n) {
        return IntStream.range(0, n).filter(sweep -> busy.sweep(QUEUE)).count();
    }

    @Test
    void aQueueOfWhichNothingIsKnownIsLookedAtEachTime() {
        assertThat(looksOf(50)).isEqualTo(50);
        assertThat(sweepsOf(50)).isEqualTo(50);
    }

    @Test
    void anIdleQueueIsLookedAtRarelyButForEver() {
        busy.looked(QUEUE, busy.times(QUEUE), true);

        assertThat(looksOf(50)).isEqualTo(50 / BusyQueues.RARELY);
    }

    @Test
    void aQueueInWhichSomethingRunsIsLookedAtEachTime() {
        busy.looked(QUEUE, busy.times(QUEUE), true);
        busy.looked(QUEUE, busy.times(QUEUE), false);

        assertThat(looksOf(50)).isEqualTo(50);
    }

    @Test
    void whatIsUsedAgainIsLookedAtAgain() {
        busy.looked(QUEUE, busy.times(QUEUE), true);
        busy.used(QUEUE);

        assertThat(looksOf(50)).isEqualTo(50);
    }

    @Test
    void aUseDuringALookIsNotForgotten() {
        long before = busy.times(QUEUE);
        busy.used(QUEUE);
        busy.looked(QUEUE, before, true);

        assertThat(looksOf(50)).isEqualTo(50);
    }

    @Test
    void anIdleQueueIsSweptForSomeTimeAfterItsLastUseAndRarelyThen() {
        busy.used(QUEUE);
        busy.looked(QUEUE, busy.times(QUEUE), true);

        assertThat(sweepsOf(BusyQueues.RARELY)).isEqualTo(BusyQueues.RARELY);
        assertThat(sweepsOf(500)).isEqualTo(500 / BusyQueues.RARELY);
        busy.used(QUEUE);
        assertThat(sweepsOf(3)).isEqualTo(3);
    }
}
