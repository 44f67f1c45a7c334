package io.carillon.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.json.RawJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokensTest {
    private static String sum(String... bodies) {
        Tokens tokens = new Tokens();
        for (String body : bodies) {
            tokens.add(RawJson.of(body));
        }
        return tokens.json().text();
    }

    private static String usage(long input, long cached, long output, long reasoning, long total) {
        return "{\"input_tokens\":" + input + ",\"input_tokens_details\":{\"cached_tokens\":" + cached
                + "},\"output_tokens\":" + output + ",\"output_tokens_details\":{\"reasoning_tokens\":" + reasoning
                + "},\"total_tokens\":" + total + "}";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'prompt_tokens':3,'completion_tokens':4,'total_tokens':9,'prompt_tokens_details':{'cached_tokens':1},"
                        + "'completion_tokens_details':{'reasoning_tokens':2}} | 3 | 1 | 4 | 2 | 9",
                "{'input_tokens':3,'output_tokens':4,'total_tokens':7,'input_tokens_details':{'cached_tokens':1},"
                        + "'output_tokens_details':{'reasoning_tokens':2}} | 3 | 1 | 4 | 2 | 7",
                "{'prompt_tokens':5,'total_tokens':5} | 5 | 0 | 0 | 0 | 5",
                "{'input_tokens':3,'output_tokens':4} | 3 | 0 | 4 | 0 | 7",
                "{'input_tokens':3,'output_tokens':4,'total_tokens':null} | 3 | 0 | 4 | 0 | 7",
                "{'input_tokens':3,'output_tokens':4,'total_tokens':'many'} | 3 | 0 | 4 | 0 | 7",
                "{'input_tokens':'3','output_tokens':-4,'input_tokens_details':[1],'output_tokens_details':7}"
                        + " | 0 | 0 | 0 | 0 | 0",
                "{'prompt_tokens':1.5,'completion_tokens':2,'completion_tokens_details':null} | 0 | 0 | 2 | 0 | 2",
                "{'prompt_tokens':99999999999999999999,'completion_tokens':2} | 0 | 0 | 2 | 0 | 2",
                "{} | 0 | 0 | 0 | 0 | 0",
                "[1] | 0 | 0 | 0 | 0 | 0",
                "null | 0 | 0 | 0 | 0 | 0",
                "'none' | 0 | 0 | 0 | 0 | 0",
            })
    void eachFormIsUnderstood(String given, long input, long cached, long output, long reasoning, long total) {
        assertThat(sum("{\"usage\":" + given.replace('\'', '"') + "}"))
                .isEqualTo(usage(input, cached, output, reasoning, total));
    }

    @Test
    void allAreAddedUpAndWhoSaysNothingIsNoError() {
        assertThat(sum(
                        "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}",
                        "{}",
                        "[]",
                        "\"text\"",
                        "null",
                        "{\"usage\":{\"input_tokens\":10,\"output_tokens\":20,\"total_tokens\":31}}"))
                .isEqualTo(usage(11, 0, 22, 0, 34));
    }
}
