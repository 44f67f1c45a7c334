package io.carillon.dialect.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.json.Json;
import io.carillon.queue.Backoff;
import io.carillon.queue.OnDisconnect;
import io.carillon.queue.QueueSettings;
import io.carillon.queue.Rate;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsRequestTest {
    private static final QueueSettings EVERYTHING = new QueueSettings(
            true,
            true,
            true,
            Duration.ofSeconds(90),
            -1,
            7,
            new Backoff(Backoff.Type.FIXED, Duration.ofMillis(250), Duration.ofSeconds(5), 0.5),
            8,
            new Rate(100, Rate.SECOND),
            2,
            new Rate(30, Rate.MINUTE),
            Duration.ofDays(3),
            OnDisconnect.FINISH);
    private static final String ALL =
            """
            {"paused":true,"draining":true,"sequential":true,"lease_seconds":90,"max_lost_leases":-1,"max_attempts":7,
             "backoff":{"type":"fixed","delay_ms":250,"max_ms":5000,"jitter":0.5},"concurrency":8,
             "rate_limit":{"limit":100,"per":"second"},"group_concurrency":2,"group_rate_limit":{"limit":30,"per":"minute"},
             "retention_seconds":259200,"on_disconnect":"finish"}""";

    private static QueueSettings changed(QueueSettings before, String json) {
        return SettingsRequest.of(json.getBytes(StandardCharsets.UTF_8), 10).apply(before);
    }

    @Test
    void everySettingCanBeChanged() {
        assertThat(changed(QueueSettings.DEFAULT, ALL)).isEqualTo(EVERYTHING);
    }

    @Test
    void whatIsShownCanBeSentBack() {
        String shown = new String(Json.bytes(SettingsAnswer.of(EVERYTHING)), StandardCharsets.UTF_8);

        assertThat(shown).isEqualTo(ALL.replaceAll("\\s", ""));
        assertThat(changed(QueueSettings.DEFAULT, shown)).isEqualTo(EVERYTHING);
    }

    @Test
    void whatIsAbsentStays() {
        assertThat(changed(EVERYTHING, "{}")).isEqualTo(EVERYTHING);
        assertThat(changed(EVERYTHING, "{\"backoff\":{},\"rate_limit\":{}}")).isEqualTo(EVERYTHING);
        assertThat(changed(EVERYTHING, "{\"concurrency\":9}"))
                .isEqualTo(EVERYTHING.but().concurrency(9).settings());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "paused",
                "draining",
                "sequential",
                "lease_seconds",
                "max_lost_leases",
                "max_attempts",
                "backoff",
                "concurrency",
                "rate_limit",
                "group_concurrency",
                "group_rate_limit",
                "retention_seconds",
                "on_disconnect"
            })
    void nullGoesBackToUsualAndLeavesTheRest(String field) {
        QueueSettings changed = changed(EVERYTHING, "{\"" + field + "\":null}");

        assertThat(changed).isNotEqualTo(EVERYTHING);
        String allButOne = ALL.replaceFirst("\"" + field + "\":(\\{[^}]*}|[^,}]*)", "\"" + field + "\":null");
        assertThat(changed).isEqualTo(changed(QueueSettings.DEFAULT, allButOne));
    }

    @Test
    void fieldsOfABackoffAndOfARateChangeOneByOne() {
        QueueSettings changed = changed(
                EVERYTHING,
                "{\"backoff\":{\"delay_ms\":6000,\"max_ms\":7000,\"jitter\":null},\"rate_limit\":{\"per\":\"minute\"},"
                        + "\"group_rate_limit\":{\"limit\":5}}");

        assertThat(changed.backoff())
                .isEqualTo(new Backoff(Backoff.Type.FIXED, Duration.ofSeconds(6), Duration.ofSeconds(7), 0.1));
        assertThat(changed.rate()).isEqualTo(new Rate(100, Rate.MINUTE));
        assertThat(changed.groupRate()).isEqualTo(new Rate(5, Rate.MINUTE));
    }

    @Test
    void aNewRateIsPerSecond() {
        assertThat(changed(QueueSettings.DEFAULT, "{\"rateLimit\":{\"limit\":\"5\"}}")
                        .rate())
                .isEqualTo(new Rate(5, Rate.SECOND));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            {"pause":true}                                     | pause
            {"paused":1}                                       | paused
            {"paused":"yes"}                                   | paused
            {"paused":{}}                                      | paused
            {"draining":""}                                    | draining
            {"sequential":[]}                                  | sequential
            {"lease_seconds":0}                                | lease_seconds
            {"lease_seconds":-1}                               | lease_seconds
            {"lease_seconds":1.5}                              | lease_seconds
            {"lease_seconds":2592001}                          | lease_seconds
            {"lease_seconds":99999999999}                      | lease_seconds
            {"lease_seconds":""}                               | lease_seconds
            {"max_lost_leases":-2}                             | max_lost_leases
            {"max_attempts":0}                                 | max_attempts
            {"max_attempts":1000001}                           | max_attempts
            {"backoff":5}                                      | backoff
            {"backoff":{"type":"linear"}}                      | backoff.type
            {"backoff":{"delay_ms":-1}}                        | backoff.delay_ms
            {"backoff":{"delay_ms":"soon"}}                    | backoff.delay_ms
            {"backoff":{"delay_ms":2000,"max_ms":1000}}        | backoff.max_ms
            {"backoff":{"max_ms":999}}                         | backoff.max_ms
            {"backoff":{"jitter":1.1}}                         | backoff.jitter
            {"backoff":{"jitter":"NaN"}}                       | backoff.jitter
            {"backoff":{"jitter":"some"}}                      | backoff.jitter
            {"backoff":{"delay":1}}                            | backoff.delay
            {"concurrency":0}                                  | concurrency
            {"concurrency":true}                               | concurrency
            {"rate_limit":5}                                   | rate_limit
            {"rate_limit":{}}                                  | rate_limit.limit
            {"rate_limit":{"limit":0}}                         | rate_limit.limit
            {"rate_limit":{"limit":null}}                      | rate_limit.limit
            {"rate_limit":{"limit":5,"per":"hour"}}            | rate_limit.per
            {"rate_limit":{"limit":5,"burst":9}}               | rate_limit.burst
            {"group_concurrency":-1}                           | group_concurrency
            {"group_rate_limit":{"limit":1000001}}             | group_rate_limit.limit
            {"retention_seconds":59}                           | retention_seconds
            {"on_disconnect":"explode"}                        | on_disconnect
            """)
    void whatIsWrongIsRefusedByName(String json, String field) {
        assertThatThrownBy(() -> changed(QueueSettings.DEFAULT, json))
                .isInstanceOfSatisfying(Refused.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(Reason.INVALID);
                    assertThat(refused.parameter()).contains(field);
                    assertThat(refused.getMessage()).contains(field.replaceAll(".*\\.", ""));
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{\"paused\":tru}", "{\"backoff\":{\"type\":\"fixed\"}"})
    void whatIsNoJsonObjectIsRefused(String body) {
        assertThatThrownBy(() -> changed(QueueSettings.DEFAULT, body)).isInstanceOf(Refused.class);
    }
}
