package io.carillon.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnlinePathsTest {
    @Test
    void pathsStandBetweenCommas() {
        OnlinePaths paths = new OnlinePaths(" /v1/rerank,v1/audio/speech ,, /v1/v2.0/a_b~c");

        assertThat(paths.isConfigured("/v1/rerank")).isTrue();
        assertThat(paths.isConfigured("/v1/audio/speech")).isTrue();
        assertThat(paths.isConfigured("/v1/v2.0/a_b~c")).isTrue();
        assertThat(paths.isConfigured("/v1/audio")).isFalse();
        assertThat(paths.isConfigured("/v1/rerank/x")).isFalse();
        assertThat(paths.isConfigured("v1/rerank")).isFalse();
        assertThat(paths.isConfigured(OnlinePaths.CHAT)).isFalse();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", ",", " , "})
    void nothingConfiguresNothing(String text) {
        OnlinePaths paths = new OnlinePaths(text);

        assertThat(paths.isConfigured("/v1/rerank")).isFalse();
        assertThat(paths.isConfigured("/v1/")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v1",
                "/v1/",
                "/v1//rerank",
                "/v1/rerank/",
                "/v2/rerank",
                "rerank",
                "/v1/a b",
                "/v1/rerank;/v1/score",
                "/v1/rerank?x",
                "/v1/{model}",
                "/v1/%2e",
                "http://host/v1/rerank",
                "/v1/queue/put",
                "/v1/keys",
                "/v1/batches",
                "/v1/models/x"
            })
    void whatCannotBeSuchAPathIsRefusedByName(String path) {
        assertThatThrownBy(() -> new OnlinePaths("/v1/score," + path))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("CARILLON_OPENAI_PATHS")
                .hasMessageContaining("'" + path + "'");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "/v1/moderations, omni-moderation-latest",
                "/v1/images/generations, dall-e-2",
                "/v1/chat/completions, -",
                "/v1/rerank, -"
            })
    void whereOpenAiRequiresNoModelThereIsAUsualOne(String path, String model) {
        assertThat(OnlinePaths.usualModel(path).orElse(null)).isEqualTo(model);
    }
}
