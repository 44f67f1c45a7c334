package io.carillon.platform.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestEdgeTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "Application/JSON",
                "application/json;charset=utf-8",
                "application/json; charset=\"UTF-8\"",
                "application/json ; v=1 ; charset=utf8",
                "application/vnd.acme.task+json",
                "application/problem+json; charset=utf-8"
            })
    void jsonIsTaken(String type) {
        assertThatCode(() -> ContentType.requireJson(type)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                ";",
                "text/plain",
                "text/json",
                "application/jsonx",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/+json",
                "application/json;charset=utf-16",
                "application/json;charset=iso-8859-1",
                "application/json;charset="
            })
    void otherTypesAreRefused(String type) {
        Refused refused = catchThrowableOfType(Refused.class, () -> ContentType.requireJson(type));
        assertThat(refused.reason()).isEqualTo(Reason.UNSUPPORTED_TYPE);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "NULL",
            value = {"0, 0", "0, NULL", "9, NULL", "10, 10", "10, NULL", "10, nonsense"})
    void aBodyWithinTheLimitIsRead(int size, String contentLength) {
        assertThat(new BodyLimit(10).read(sending(size), contentLength, null)).hasSize(size);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "NULL",
            value = {"11, 11", "11, NULL", "5000000, NULL", "5000000, 5000000", "11, 99999999999"})
    void aBodyOverTheLimitIsRefusedAndSomeOfTheRestIsRead(int size, String contentLength) {
        Sending body = sending(size);
        Refused refused = catchThrowableOfType(Refused.class, () -> new BodyLimit(10).read(body, contentLength, null));
        assertThat(refused.reason()).isEqualTo(Reason.TOO_LARGE);
        assertThat(body.read).isBetween(Math.min(size, 11), 200_000);
    }

    @Test
    void aClientThatAsksFirstIsToldWithoutItsBody() {
        Sending body = sending(100);
        assertThatThrownBy(() -> new BodyLimit(10).read(body, "100", "100-continue"))
                .isInstanceOf(Refused.class);
        assertThat(body.read).isZero();
    }

    @Test
    void aBodyThatBreaksOffIsRefused() {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("gone");
            }
        };
        Refused refused = catchThrowableOfType(Refused.class, () -> new BodyLimit(10).read(broken, "5", null));
        assertThat(refused.reason()).isEqualTo(Reason.INVALID);
    }

    @ParameterizedTest
    @CsvSource({
        "http://h/v1/v1/queue/put, http://h/v1/queue/put",
        "http://h:80/v1/v1/queue/a%3A1%2Fb%25/stats?x=%20&y=/v1/v1/, http://h:80/v1/queue/a%3A1%2Fb%25/stats?x=%20&y=/v1/v1/",
        "http://h/v1/v1/v1/x, http://h/v1/v1/x"
    })
    void aDoubledVersionIsTakenOnceAndEncodingStays(String doubled, String once) {
        assertThat(DoubledVersionFilter.once(URI.create(doubled))).isEqualTo(URI.create(once));
    }

    @Test
    void theTraceIdOfTheCallerIsKeptButCleaned() {
        assertThat(RequestIds.of("abc-1 2").trace()).isEqualTo("abc-1 2");
        assertThat(RequestIds.of("a\r\nSet-Cookie: x\u0000\u007fé").trace()).isEqualTo("aSet-Cookie: x");
        assertThat(RequestIds.of("t".repeat(300)).trace()).hasSize(128);
        assertThat(RequestIds.of(null).trace()).startsWith("carillon-").hasSize(45);
        assertThat(RequestIds.of("\n ").trace()).startsWith("carillon-");
        assertThat(RequestIds.of("a").request()).isNotEqualTo(RequestIds.of("a").request());
    }

    private static Sending sending(int size) {
        return new Sending(size);
    }

    private static final class Sending extends ByteArrayInputStream {
        private int read;

        Sending(int size) {
            super(new byte[size]);
        }

        @Override
        public synchronized int read() {
            int one = super.read();
            read += one < 0 ? 0 : 1;
            return one;
        }

        @Override
        public synchronized int read(byte[] into, int from, int length) {
            int some = super.read(into, from, length);
            read += Math.max(0, some);
            return some;
        }
    }
}
