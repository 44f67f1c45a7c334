package io.carillon.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import io.carillon.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestBodiesTest {
    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    private static OnlineRequest online(String json) {
        return OnlineRequest.of(bytes(json), 10);
    }

    private static BodyFields fields(String json) {
        return BodyFields.of(new JsonBody(bytes(json)), 10);
    }

    private static void assertRefused(ThrowingCallable call, String code, String param) {
        Refused refused = catchThrowableOfType(Refused.class, call);
        assertThat(refused.code().orElse(null)).as(refused.getMessage()).isEqualTo(code);
        assertThat(refused.parameter().orElse(null)).isEqualTo(param);
        if (param != null) {
            assertThat(refused.getMessage()).contains("'" + param + "'");
        }
    }

    @Test
    void anOnlineRequestKeepsItsBytes() {
        OnlineRequest request = online(" {\"model\": \"a\\u0062\", \"n\":1e-7,\"stream\" : true,\"x\":null}\n");

        assertThat(request.model()).contains("ab");
        assertThat(request.stream()).isTrue();
        assertThat(request.body().text())
                .isEqualTo("{\"model\": \"a\\u0062\", \"n\":1e-7,\"stream\" : true,\"x\":null}");
        assertThat(online("{\"stream\":null,\"model\":null}").model()).isEmpty();
        assertThat(online("{\"Model\":\"x\",\"stream\":false}").model()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "null",
            value = {
                "{\"model\":1} | invalid_type | model",
                "{\"model\":[]} | invalid_type | model",
                "{\"model\":\"\"} | string_below_min_length | model",
                "{\"model\":\"m\",\"stream\":\"true\"} | invalid_type | stream",
                "{\"model\":\"m\",\"stream\":1} | invalid_type | stream",
                "[] | invalid_type | null",
                "null | null | null",
                "'\"text\"' | invalid_type | null",
                "7 | invalid_type | null",
                "{ | null | null",
                "{\"a\":1,} | null | null",
                "{\"a\":1} x | null | null",
                "nonsense | null | null",
                "[[[[[[[[[[[]]]]]]]]]]] | invalid_type | null",
                "{\"a\":[[[[[[[[[[[]]]]]]]]]]]} | null | null"
            })
    void aBadOnlineRequestIsRefusedInOpenAisWords(String json, String code, String param) {
        assertRefused(() -> online(json == null ? "" : json), code, param);
    }

    @Test
    void fieldsAreCheckedAsTheyAreAskedFor() {
        BodyFields fields = fields("{\"a\":\"x\",\"n\":5,\"o\":{\"k\":\"v\",\"none\":null},\"l\":[\"p\"],\"z\":null}");

        assertThat(fields.text("a")).isEqualTo("x");
        assertThat(fields.integer("n", 1, 5)).isEqualTo(5);
        assertThat(fields.texts("l")).isEqualTo(List.of("p"));
        assertThat(fields.optionalText("z")).isEmpty();
        BodyFields object = fields.object("o").orElseThrow();
        assertThat(object.names()).containsExactly("k", "none");
        assertThat(object.text("k")).isEqualTo("v");
        assertRefused(fields::end, "unknown_parameter", "o.none");
        object.optionalText("none");
        fields.end();
    }

    @Test
    void aBadFieldIsNamedByItsPath() {
        BodyFields fields = fields("{\"a\":1,\"n\":\"5\",\"big\":99999999999999999999,\"o\":{\"k\":[]},\"l\":[1]}");

        assertRefused(() -> fields.text("absent"), "missing_required_parameter", "absent");
        assertRefused(() -> fields.text("a"), "invalid_type", "a");
        assertRefused(() -> fields.integer("n", 0, 9), "invalid_type", "n");
        assertRefused(() -> fields.integer("big", 0, 9), "integer_above_max_value", "big");
        assertRefused(() -> fields.integer("a", 2, 9), "integer_below_min_value", "a");
        assertRefused(() -> fields.object("a"), "invalid_type", "a");
        assertRefused(() -> fields.object("o").orElseThrow().text("k"), "invalid_type", "o.k");
        assertRefused(() -> fields.texts("l"), "invalid_type", "l[0]");
        assertRefused(() -> fields("{\"surprise\":1}").end(), "unknown_parameter", "surprise");
    }

    @ParameterizedTest
    @CsvSource({
        "0, , integer_below_min_value, limit",
        "-5, , integer_below_min_value, limit",
        "101, , integer_above_max_value, limit",
        "99999999999999999999999, , integer_above_max_value, limit",
        "ten, , invalid_type, limit",
        "1.5, , invalid_type, limit",
        ", up, invalid_value, order"
    })
    void aBadPageIsRefused(String limit, String order, String code, String param) {
        assertRefused(() -> ListQuery.of(limit, order, null, 20, 100), code, param);
    }

    @Test
    void aPageSaysWhatItIs() {
        assertThat(ListQuery.of(null, null, null, 20, 100).limit()).isEqualTo(20);
        assertThat(ListQuery.of("007", "asc", "x", 20, 100)).isEqualTo(new ListQuery(7, true, Optional.of("x")));

        ListAnswer<String> page = ListAnswer.of(List.of(1, 2, 3), 2, Object::toString, text -> "id-" + text);
        assertThat(page).isEqualTo(new ListAnswer<>("list", List.of("1", "2"), "id-1", "id-2", true));
        assertThat(Json.raw(ListAnswer.of(List.of(), 2, Object::toString, text -> ""))
                        .text())
                .isEqualTo("{\"object\":\"list\",\"data\":[],\"first_id\":null,\"last_id\":null,\"has_more\":false}");
    }
}
