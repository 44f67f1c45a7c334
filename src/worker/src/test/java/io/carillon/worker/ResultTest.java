package io.carillon.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResultTest {
    @Test
    void jsonStaysAsItIs() {
        assertThat(Result.ofJson(200, "{\"n\":1.0E+2,\"z\":null}").json())
                .isEqualTo("{\"status_code\":200,\"body\":{\"n\":1.0E+2,\"z\":null}}");
        assertThat(Result.of(null).json()).isEqualTo("{\"status_code\":200}");
        assertThat(Result.of("text").json()).isEqualTo("{\"status_code\":200,\"body\":\"text\"}");
        assertThat(Result.of(Result.error(422, "no")).json())
                .isEqualTo("{\"status_code\":422,\"body\":{\"error\":\"no\"}}");
        assertThat(Result.whole(Map.of("status_code", "429")).json()).isEqualTo("{\"status_code\":\"429\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{} {}", "nul", "{\"a\":1,}"})
    void whatIsNoJsonNeverGoesOut(String text) {
        assertThatThrownBy(() -> Result.ofJson(200, text)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Result.whole(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
