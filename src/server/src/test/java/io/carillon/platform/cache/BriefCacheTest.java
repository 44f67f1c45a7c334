package io.carillon.platform.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BriefCacheTest {
    private long nanos;
    private int lookups;
    private final BriefCache<Integer, String> cache =
            new BriefCache<>(10, Duration.ofSeconds(5), Duration.ofSeconds(1), () -> nanos);

    private Optional<String> get(int key) {
        return cache.get(key, k -> {
            lookups++;
            return k < 0 ? Optional.empty() : Optional.of("value " + lookups);
        });
    }

    private void pass(long millis) {
        nanos += Duration.ofMillis(millis).toNanos();
    }

    @Test
    void whatWasFoundIsNotLookedUpAgainInTheFirstHalfOfItsTime() {
        get(1);
        pass(2_499);

        assertThat(get(1)).contains("value 1");
        assertThat(lookups).isEqualTo(1);
    }

    @Test
    void inTheSecondHalfOneCallerLooksAgain() {
        get(1);
        pass(2_500);

        assertThat(get(1)).contains("value 2");
        pass(2_499);
        assertThat(get(1)).contains("value 2");
    }

    @Test
    void absenceIsForgottenSooner() {
        get(-1);
        pass(499);
        get(-1);
        assertThat(lookups).isEqualTo(1);

        pass(501);
        get(-1);
        assertThat(lookups).isEqualTo(2);
    }

    @Test
    void theOldValueServesThroughAFailureUntilItsTimeIsOver() {
        get(1);
        pass(2_500);

        assertThat(failing(1)).contains("value 1");
        pass(2_499);
        assertThat(failing(1)).contains("value 1");
        pass(1);
        assertThatThrownBy(() -> failing(1)).isInstanceOf(IllegalStateException.class);
    }

    private Optional<String> failing(int key) {
        return cache.get(key, k -> {
            throw new IllegalStateException("away");
        });
    }

    @Test
    void timeDuringTheLookupCounts() {
        cache.get(1, k -> {
            pass(4_999);
            return Optional.of("old");
        });
        pass(1);

        assertThat(get(1)).contains("value 1");
    }

    @Test
    void itNeverHoldsMoreThanItsCapacityAndDropsWhatIsOverFirst() {
        for (int key = -8; key < 0; key++) {
            get(key);
        }
        get(1);
        get(2);
        pass(1_000);
        get(3);
        assertThat(cache.size()).isEqualTo(3);
        assertThat(cache.found(1)).isTrue();

        for (int key = 100; key < 1_000; key++) {
            get(key);
            assertThat(cache.size()).isLessThanOrEqualTo(10);
        }
    }

    @Test
    void whatIsForgottenIsLookedUpAgain() {
        get(1);
        cache.forget(1);

        assertThat(get(1)).contains("value 2");
    }
}
