package io.carillon.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TakeOrderTest {
    private static TakeOrder order(Strategy strategy, String... queues) {
        return new TakeOrder(Stream.of(queues).map(QueueShare::of).toList(), strategy);
    }

    @Test
    void onlineComesFirstAndThenTheQueuesAsTheyWereNamed() {
        List<String> names = order(Strategy.ACTIVE_PASSIVE, "b", "a:1").next(1, Set.of());

        assertThat(names).hasSize(11).startsWith("b:0", "b:1", "a:1", "b:2");
    }

    @Test
    void weightsShareTheFirstPlace() {
        TakeOrder order = order(Strategy.ACTIVE_PASSIVE, "heavy:1=3", "light:1");
        int heavyFirst = 0;
        for (int i = 0; i < 4000; i++) {
            heavyFirst += order.next(1, Set.of()).get(0).equals("heavy:1") ? 1 : 0;
        }
        // three of four, give or take six standard deviations
        assertThat(heavyFirst).isBetween(2830, 3170);
    }

    @Test
    void aSequentialTakeNamesNoMoreQueuesThanItWantsTasksAndEachInItsTurn() {
        TakeOrder order = order(Strategy.SEQUENTIAL, "a:0", "b:0", "c:0");
        Set<String> asked = new HashSet<>();
        for (int i = 0; i < 2; i++) {
            assertThat(order.next(2, Set.of())).hasSize(2).allSatisfy(asked::add);
        }
        assertThat(asked).hasSize(3);
    }

    @Test
    void whatIsLeftOutIsNotNamedUnlessNothingElseIs() {
        TakeOrder order = order(Strategy.ACTIVE_PASSIVE, "a:0", "a:1", "ab:0");

        assertThat(order.next(5, Set.of("a"))).containsExactly("ab:0");
        assertThat(order.next(5, Set.of("a", "ab"))).containsExactly("a:0", "ab:0", "a:1");
        TakeOrder inTurn = order(Strategy.SEQUENTIAL, "a:0", "b:0", "c:0");
        for (int i = 0; i < 4; i++) {
            assertThat(inTurn.next(1, Set.of("b"))).doesNotContain("b:0").hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:10", "a:x", "a=0", "a=1001", "-a", "a b", "a:1=2=3"})
    void whatIsNoQueueIsRefused(String text) {
        assertThatThrownBy(() -> QueueShare.of(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
