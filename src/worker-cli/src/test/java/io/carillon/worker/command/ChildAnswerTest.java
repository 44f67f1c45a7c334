package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.worker.PermanentFailure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lines of a child. Contract: runqy 4, with its defects mended. */
class ChildAnswerTest {
    private static ChildAnswer read(String line) {
        return ChildAnswer.read(line).orElseThrow();
    }

    @Test
    void aResultIsTheBodyOfA200() throws Exception {
        assertThat(read("{\"task_id\":\"t\",\"result\":{\"n\":1.50},\"error\":null,\"retry\":false}")
                        .result(Secrets.NONE)
                        .json())
                .isEqualTo("{\"status_code\":200,\"body\":{\"n\":1.50}}");
        assertThat(read("{\"task_id\":\"t\",\"result\":1,\"error\":\"\"}")
                        .result(Secrets.NONE)
                        .json())
                .isEqualTo("{\"status_code\":200,\"body\":1}");
    }

    @Test
    void anErrorIsPermanentOnlyIfTheChildSaysSo() {
        assertThatThrownBy(() -> read("{\"task_id\":\"t\",\"error\":\"e\",\"retry\":false}")
                        .result(Secrets.NONE))
                .isInstanceOf(PermanentFailure.class);
        for (String retriable : List.of(
                "{\"task_id\":\"t\",\"error\":\"e\",\"retry\":true}",
                "{\"task_id\":\"t\",\"error\":\"e\"}",
                "{\"task_id\":\"t\",\"error\":\"\"}",
                "{\"task_id\":\"t\",\"error\":{\"code\":1},\"result\":null}")) {
            assertThatThrownBy(() -> read(retriable).result(Secrets.NONE))
                    .isInstanceOf(ChildAnswer.AttemptFailed.class);
        }
    }

    @Test
    void numbersNamesAndTextsMayBeOfAnyLength() throws Exception {
        String result =
                "{\"n\":" + "9".repeat(10_000) + ",\"" + "k".repeat(60_000) + "\":\"" + "t".repeat(20_000_001) + "\"}";

        assertThat(read("{\"task_id\":\"t\",\"result\":" + result + "}")
                        .result(Secrets.NONE)
                        .json())
                .isEqualTo("{\"status_code\":200,\"body\":" + result + "}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "text", "1", "[]", "{\"task_id\":"})
    void otherLinesAreNoAnswers(String line) {
        assertThat(ChildAnswer.read(line)).isEmpty();
    }

    @Test
    void aLineThatIsTooLongDoesNotSpoilTheNext() throws IOException {
        ChildLines lines = new ChildLines(
                new ByteArrayInputStream("12345\n1234567\nü\n\nlast".getBytes(StandardCharsets.UTF_8)), 5);

        assertThat(lines.next()).isEqualTo(new ChildLines.Line("12345", false));
        assertThat(lines.next()).isEqualTo(new ChildLines.Line("12345", true));
        assertThat(lines.next()).isEqualTo(new ChildLines.Line("ü", false));
        assertThat(lines.next()).isEqualTo(new ChildLines.Line("", false));
        assertThat(lines.next()).isEqualTo(new ChildLines.Line("last", false));
        assertThat(lines.next()).isNull();
    }

    @Test
    void aLogHasNoSecrets() {
        assertThat(new Secrets(List.of("secret", "", "k", "longer-secret")).masked("with longer-secret and secret"))
                .isEqualTo("with **** and ****");
        assertThat(Secrets.of(Map.of("MY_TOKEN", "hush-hush", "HOME", "/home/me", "A_KEY", "short"))
                        .masked("hush-hush /home/me short"))
                .isEqualTo("**** /home/me short");
        assertThat(new Secrets(List.of("-- begin\nabcdef\nxyz\n")).masked("log: abcdef xyz"))
                .isEqualTo("log: **** xyz");
    }

    @Test
    void theErrorOfATaskHasNoSecrets() {
        Secrets secrets = new Secrets(List.of("hush-hush"));

        assertThatThrownBy(() -> read("{\"task_id\":\"t\",\"error\":\"401 for hush-hush\"}")
                        .result(secrets))
                .hasMessage("401 for ****");
        assertThatThrownBy(() -> read("{\"task_id\":\"t\",\"error\":\"401 for hush-hush\",\"retry\":false}")
                        .result(secrets))
                .isInstanceOf(PermanentFailure.class)
                .hasMessage("401 for ****");
    }
}
