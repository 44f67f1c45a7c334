package io.carillon.platform.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RawJsonTest {
    private static final String USER = "{ \"b\" : null,\"a\":1.10, \"t\":\"é\\u00e9/😀\" ,\"n\":1e999999999}";

    record Answer(String taskId, RawJson data, String nothing, List<RawJson> all) {}

    @Test
    void userJsonIsWrittenAsItCame() throws Exception {
        Answer answer = new Answer("t", RawJson.of(USER), null, List.of(RawJson.of("1"), RawJson.of(" 2")));
        String expected = "{\"task_id\":\"t\",\"data\":" + USER + ",\"all\":[1, 2]}";

        assertThat(new String(Json.bytes(answer), "UTF-8")).isEqualTo(expected);
        StringWriter text = new StringWriter();
        Json.mapper().writeValue(text, answer);
        assertThat(text).hasToString(expected);
    }

    @Test
    void largeUserJsonIsWrittenAsItCame() {
        RawJson large = RawJson.of("[\"" + "漢".repeat(100_000) + "\"]");
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("x", large);
        answer.put("y", large);
        assertThat(Json.raw(answer).text()).isEqualTo("{\"x\":" + large.text() + ",\"y\":" + large.text() + "}");
    }

    @Test
    void aFieldIsFoundAtTheTopOnlyAndTheLastOneCounts() {
        RawJson object = RawJson.of("{\"a\":{\"model\":1},\"model\":\"x\",\"model\": \"gr\\u00fcn\" ,\"n\":null}");
        assertThat(object.field("model")).contains(RawJson.of("\"gr\\u00fcn\""));
        assertThat(object.field("model").flatMap(RawJson::string)).contains("grün");
        assertThat(object.field("n")).isEmpty();
        assertThat(object.field("none")).isEmpty();
        assertThat(RawJson.of("[{\"model\":1}]").field("model")).isEmpty();
        assertThat(RawJson.of("7").string()).isEmpty();
    }

    @Test
    void textIsQuoted() {
        assertThat(RawJson.ofString("a\"b\\c\u0000é\n").text()).isEqualTo("\"a\\\"b\\\\c\\u0000é\\n\"");
    }
}
