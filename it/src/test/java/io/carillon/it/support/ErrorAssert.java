package io.carillon.it.support;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

/** What every error of the Task API has (contract 2.5), and what none may have. */
public final class ErrorAssert {
    private final Answer answer;
    private final JsonNode body;

    private ErrorAssert(Answer answer, JsonNode body) {
        this.answer = answer;
        this.body = body;
    }

    /** Checks the shape of an error with that status. */
    public static ErrorAssert assertError(Answer answer, int status) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        assertThat(answer.header("Content-Type").orElse("")).startsWith("application/json");
        JsonNode body = answer.json();
        assertThat(body.path("code").isInt()).as(answer.toString()).isTrue();
        assertThat(body.path("code").intValue()).isEqualTo(status);
        assertThat(body.path("message").asText()).isNotBlank();
        assertThat(body.path("timestamp").longValue())
                .isBetween(System.currentTimeMillis() - 60_000, System.currentTimeMillis() + 60_000);
        assertThat(body.path("error").path("message").asText())
                .isEqualTo(body.path("message").asText());
        assertThat(body.path("error").path("type").asText()).isNotBlank();
        assertThat(body.path("error").path("code").asText()).isNotBlank();
        assertThat(answer.text())
                .doesNotContain("stacktrace", "Exception", "\\tat ", "io.carillon", "org.", "com.", "<html");
        return new ErrorAssert(answer, body);
    }

    /** The message names this. */
    public ErrorAssert naming(String part) {
        assertThat(body.path("message").asText()).contains(part);
        return this;
    }

    /** The error's own code, beside the status. */
    public ErrorAssert withCode(String code) {
        assertThat(body.path("error").path("code").asText())
                .as(answer.toString())
                .isEqualTo(code);
        return this;
    }
}
