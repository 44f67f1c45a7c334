package io.carillon.it.support;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

/** What every error on OpenAI's paths has (openai-batch 1.1 and 1.2). */
public final class OpenAiErrorAssert {
    private OpenAiErrorAssert() {}

    /**
     * Checks an error.
     *
     * @param code null for none
     * @param param null for none
     */
    public static void assertOpenAiError(Answer answer, int status, String code, String param) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        assertThat(answer.header("Content-Type").orElse("")).startsWith("application/json");
        JsonNode error = answer.json().path("error");
        assertThat(error.fieldNames()).toIterable().containsExactlyInAnyOrder("message", "type", "param", "code");
        assertThat(error.path("code").textValue()).as(answer.toString()).isEqualTo(code);
        assertThat(error.path("param").textValue()).as(answer.toString()).isEqualTo(param);
        assertThat(error.path("type").textValue()).isEqualTo(status >= 500 ? "server_error" : "invalid_request_error");
        assertThat(error.path("message").textValue()).isNotBlank();
        if (param != null) {
            assertThat(error.path("message").textValue())
                    .containsAnyOf(param, "No such File object", "'after'", "after");
        }
        assertThat(answer.header("x-request-id").orElse("")).matches("req_[0-9a-f]{32}");
        assertThat(answer.text()).doesNotContain("Exception", "io.carillon", "<html");
    }
}
