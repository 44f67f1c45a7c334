package io.carillon.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Refused;
import io.carillon.queue.Backoff.Type;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class QueueSettingsTest {
    static final QueueSettings EVERYTHING = new QueueSettings(
            true,
            true,
            true,
            Duration.ofSeconds(90),
            -1,
            7,
            new Backoff(Type.FIXED, Duration.ofMillis(250), Duration.ofSeconds(5), 0.5),
            8,
            new Rate(100, Rate.SECOND),
            2,
            new Rate(30, Rate.MINUTE),
            Duration.ofDays(3),
            OnDisconnect.FINISH);

    @Test
    void usualSettingsHaveNoFields() {
        assertThat(SettingsFields.of(QueueSettings.DEFAULT)).isEmpty();
        assertThat(SettingsFields.settings("{}")).isEqualTo(QueueSettings.DEFAULT);
    }

    @Test
    void fieldsAreWhatScriptsRead() {
        assertThat(SettingsFields.of(EVERYTHING))
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        Map.entry("paused", "1"),
                        Map.entry("draining", "1"),
                        Map.entry("sequential", "1"),
                        Map.entry("lease", "90000"),
                        Map.entry("max_lost", "-1"),
                        Map.entry("max_attempts", "7"),
                        Map.entry("backoff_type", "fixed"),
                        Map.entry("backoff_delay", "250"),
                        Map.entry("backoff_max", "5000"),
                        Map.entry("backoff_jitter", "0.5"),
                        Map.entry("concurrency", "8"),
                        Map.entry("rate", "100"),
                        Map.entry("rate_ms", "1000"),
                        Map.entry("group_concurrency", "2"),
                        Map.entry("group_rate", "30"),
                        Map.entry("group_rate_ms", "60000"),
                        Map.entry("retention", "259200000"),
                        Map.entry("on_disconnect", "finish")));
    }

    @Test
    void whatIsStoredIsReadAsItWas() {
        assertThat(SettingsFields.settings(SettingsFields.json(EVERYTHING))).isEqualTo(EVERYTHING);
        assertThat(EVERYTHING.but().settings()).isEqualTo(EVERYTHING);
    }

    @Test
    void whatANewerServerHasStoredBesideIsIgnored() {
        assertThat(SettingsFields.settings("{\"paused\":\"1\",\"not_yet_known\":\"x\"}"))
                .isEqualTo(QueueSettings.DEFAULT.but().paused(true).settings());
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                bad("lease_seconds", draft -> draft.lease(Duration.ofMillis(999))),
                bad("lease_seconds", draft -> draft.lease(Duration.ofDays(31))),
                bad("max_lost_leases", draft -> draft.maxLostLeases(-2)),
                bad("max_lost_leases", draft -> draft.maxLostLeases(1_000_001)),
                bad("max_attempts", draft -> draft.maxAttempts(0)),
                bad("max_attempts", draft -> draft.maxAttempts(-2)),
                bad("backoff", draft -> draft.backoff(null)),
                bad("concurrency", draft -> draft.concurrency(0)),
                bad("group_concurrency", draft -> draft.groupConcurrency(-1)),
                bad("retention_seconds", draft -> draft.retention(Duration.ofSeconds(59))),
                bad("retention_seconds", draft -> draft.retention(Duration.ofDays(4000))),
                bad("on_disconnect", draft -> draft.onDisconnect(null)),
                bad("limit", draft -> draft.rate(new Rate(0, Rate.SECOND))),
                bad("per", draft -> draft.groupRate(new Rate(1, Duration.ofHours(1)))));
    }

    private static Arguments bad(String field, UnaryOperator<QueueSettings.Draft> change) {
        return Arguments.of(field, change);
    }

    @ParameterizedTest
    @MethodSource("bad")
    void whatIsOutOfRangeIsRefusedByName(String field, UnaryOperator<QueueSettings.Draft> change) {
        assertThatThrownBy(() -> change.apply(QueueSettings.DEFAULT.but()).settings())
                .isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.parameter())
                        .contains(field));
    }
}
