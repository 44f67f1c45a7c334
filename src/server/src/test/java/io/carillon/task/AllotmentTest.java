package io.carillon.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AllotmentTest {

    /** Available tasks per queue as acceptance times in ms, and how many are taken from each. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FIFO           | 3 | 1 4 / 2 5 / 3 6 | 1 1 1",
                "FIFO           | 4 | 1 4 / 2 5 / 3 6 | 2 1 1",
                "FIFO           | 2 | 9 / 1 2 3       | 0 2",
                "FIFO           | 9 | 9 / 1 2 3       | 1 3",
                "FIFO           | 1 | 5 / 5           | 1 0",
                "FIFO           | 2 | 5 5 / 5         | 2 0",
                "FIFO           | 0 | 5               | 0",
                "FIFO           | 1 | - / -           | 0 0",
                "ROUND_ROBIN    | 3 | 9 9 / 1 1 / 5   | 1 1 1",
                "ROUND_ROBIN    | 4 | 9 9 / 1 1 / 5   | 2 1 1",
                "ROUND_ROBIN    | 4 | 9 / - / 1 1 1 1 | 1 0 3",
                "ROUND_ROBIN    | 9 | 9 / - / 1 1     | 1 0 2",
                "ROUND_ROBIN    | 1 | - / 9 / 1       | 0 1 0",
                "ROUND_ROBIN    | 0 | 9               | 0",
                "ACTIVE_PASSIVE | 3 | 9 9 / 1 1       | 2 1",
                "ACTIVE_PASSIVE | 2 | 9 9 / 1 1       | 2 0",
                "ACTIVE_PASSIVE | 2 | - / 1 1 1       | 0 2",
                "ACTIVE_PASSIVE | 9 | 1 / 1           | 1 1",
                "SEQUENTIAL     | 0 | 9 9 / - / 1     | 1 0 1",
                "SEQUENTIAL     | 9 | 9 9 / 1 1       | 1 1"
            })
    void eachStrategyTakesItsShare(Strategy strategy, int size, String available, String expected) {
        List<List<Long>> queues = Arrays.stream(available.split("/"))
                .map(String::trim)
                .map(orders -> orders.equals("-")
                        ? List.<Long>of()
                        : Arrays.stream(orders.split(" "))
                                .map(millis -> Long.parseLong(millis) * 1000)
                                .toList())
                .toList();
        int[] counts =
                Arrays.stream(expected.split(" ")).mapToInt(Integer::parseInt).toArray();

        assertThat(Allotment.of(strategy, queues, size)).isEqualTo(counts);
    }

    @ParameterizedTest
    @CsvSource({"5000, 5999, 1, 0", "5999, 5000, 1, 0", "6000, 5999, 0, 1"})
    void tasksOfOneMillisecondTieForTheQueueListedFirst(long first, long second, int ofFirst, int ofSecond) {
        assertThat(Allotment.of(Strategy.FIFO, List.of(List.of(first), List.of(second)), 1))
                .containsExactly(ofFirst, ofSecond);
    }
}
