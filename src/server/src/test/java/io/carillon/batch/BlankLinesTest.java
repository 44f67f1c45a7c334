package io.carillon.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What counts as a blank line, and how many errors there are at most (contract 5.2). */
class BlankLinesTest {
    private static final Validator.Limits LIMITS = new Validator.Limits(1_000, 100, 10_000, 100);

    private static Validator.Verdict verdict(String endpoint, String file) throws IOException {
        return new Validator(LIMITS)
                .validate(
                        new ByteArrayInputStream(file.getBytes(StandardCharsets.UTF_8)),
                        Endpoint.of(endpoint),
                        () -> {});
    }

    private static String line(String customId, String url, String body) {
        return "{\"custom_id\":\"" + customId + "\",\"method\":\"POST\",\"url\":\"" + url + "\",\"body\":" + body
                + "}\n";
    }

    private static String line(String customId) {
        return line(customId, "/v1/chat/completions", "{\"model\":\"m\",\"messages\":[]}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t", "\r", "\f", "\u000b", " \t\f\u000b\r", "\r\r"})
    void aLineOfWhiteSpaceIsNoRequestButCounts(String blank) throws IOException {
        Validator.Verdict verdict =
                verdict("/v1/chat/completions", blank + "\n" + line("a") + blank + "\n" + line("b") + blank + "\n{\n");

        assertThat(verdict.total()).isEqualTo(3);
        assertThat(verdict.errors()).singleElement().satisfies(error -> {
            assertThat(error.code()).isEqualTo("invalid_json_line");
            assertThat(error.line()).isEqualTo(6);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u00a0", "\u2028", "\u0085", "\u0000", "\u001c", "\b"})
    void anythingElseIsALine(String odd) throws IOException {
        assertThat(verdict("/v1/chat/completions", odd + "\n" + line("a")).errors())
                .singleElement()
                .satisfies(error -> assertThat(error.code()).isEqualTo("invalid_json_line"));
    }

    @Test
    void whiteSpaceThatJsonDoesNotHaveIsOnlyGoodForBlankLines() throws IOException {
        assertThat(verdict("/v1/chat/completions", "\f" + line("a")).errors())
                .singleElement()
                .satisfies(error -> assertThat(error.code()).isEqualTo("invalid_json_line"));
    }

    @ParameterizedTest
    @CsvSource({"'', string_below_min_length", "a, too_many_tasks"})
    void tooManyInputsMayBeTheHundredthErrorAndNoFurtherOne(String customId, String code) throws IOException {
        String inputs = "[" + "\"x\",".repeat(100) + "\"x\"]";
        String file = "x\n".repeat(99) + line(customId, "/v1/embeddings", "{\"model\":\"m\",\"input\":" + inputs + "}");

        Validator.Verdict verdict = verdict("/v1/embeddings", file);

        assertThat(verdict.errors()).hasSize(100);
        assertThat(verdict.errors().get(99).code()).isEqualTo(code);
    }
}
