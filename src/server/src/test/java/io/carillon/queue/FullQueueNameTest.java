package io.carillon.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class FullQueueNameTest {

    @Test
    void nameAndLevelAreReadAndWritten() {
        FullQueueName name = FullQueueName.parse("deepseek-r1.2_x:7");
        assertThat(name.queue()).isEqualTo(new QueueName("deepseek-r1.2_x"));
        assertThat(name.level()).isEqualTo(new Level(7));
        assertThat(name).hasToString("deepseek-r1.2_x:7");
        assertThat(FullQueueName.parse("q:0").level().isOnline()).isTrue();
        assertThat(Level.ONLINE).isLessThan(new Level(1));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "", ":", "q", "q:", ":0", "q:10", "q:-1", "q:x", "q:01", "q: 1", "q:٣", "a:b:1", "-q:1", "q\n:1", "ä:1"
            })
    void otherFormsAreRefused(String text) {
        assertThatThrownBy(() -> FullQueueName.parse(text))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.INVALID));
    }

    @Test
    void theErrorNamesTheCulpritWithoutItsControlCharactersAndNotAllOfIt() {
        assertThatThrownBy(() -> FullQueueName.parse("bad\u0007name:1")).hasMessageContaining("'bad?name'");
        assertThatThrownBy(() -> new QueueName("x".repeat(129))).hasMessageContaining("'" + "x".repeat(80) + "...'");
        assertThat(new QueueName("x".repeat(128)).text()).hasSize(128);
    }
}
