package io.carillon.dialect.openai.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangeTest {
    @ParameterizedTest
    @CsvSource({
        "bytes=0-0, bytes 0-0/100",
        "bytes=10-19, bytes 10-19/100",
        "bytes=10-, bytes 10-99/100",
        "bytes=99-, bytes 99-99/100",
        "bytes=90-1000, bytes 90-99/100",
        "bytes=-5, bytes 95-99/100",
        "bytes=-1000, bytes 0-99/100"
    })
    void rangeIsCutToTheFile(String header, String range) throws ByteRange.NotThere {
        assertThat(ByteRange.of(header, 100).orElseThrow().text()).isEqualTo(range);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "bytes=",
                "bytes=a-b",
                "bytes=5",
                "bytes=5-2",
                "bytes=0-1,5-6",
                "lines=1-2",
                "bytes=--5",
                "bytes=-"
            })
    void whatIsNoSingleRangeAsksForAll(String header) throws ByteRange.NotThere {
        assertThat(ByteRange.of(header, 100)).isEmpty();
        assertThat(ByteRange.of(null, 100)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"bytes=100-, 100", "bytes=100-200, 100", "bytes=-0, 100", "bytes=0-, 0", "bytes=-5, 0"})
    void rangeBehindTheEndIsNotThere(String header, long size) {
        assertThatThrownBy(() -> ByteRange.of(header, size)).isInstanceOf(ByteRange.NotThere.class);
    }
}
