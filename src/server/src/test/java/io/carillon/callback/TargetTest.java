package io.carillon.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Refused;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {
    @ParameterizedTest
    @CsvSource({
        "http://Example.com,              http,  example.com:80,    /",
        "https://example.com?a=b,         https, example.com:443,   /?a=b",
        "HTTP://example.com:8080/x/#part, http,  example.com:8080,  /x/",
        "http://[2001:DB8::1]:81/a%20b,   http,  [2001:db8::1]:81,  /a%20b",
        "http://h/a b|c,                  http,  h:80,              /a%20b%7Cc",
        "http://h/\u00e9?q=\u00e9,        http,  h:80,              /%C3%A9?q=%C3%A9",
    })
    void urlIsTakenApart(String url, String scheme, String hostAndPort, String path) {
        Target target = Target.of(url);
        assertThat(target.scheme()).isEqualTo(scheme);
        assertThat(target.hostAndPort()).isEqualTo(hostAndPort);
        assertThat(target.path()).isEqualTo(path);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://[abc]/",
                "http://[1.2.3.4]/",
                "http://[]/",
                "http://[::1::1::1::1::1::1::1::1::1::1::1::1::1::1::1::1]/"
            })
    void whatIsNoIpv6AddressIsNotReadAsOne(String url) {
        assertThatThrownBy(() -> Target.of(url)).isInstanceOf(Refused.class);
    }

    @Test
    void queryDoesNotReachALog() {
        assertThat(Target.of("https://example.com/hook?token=secret")).hasToString("example.com:443/hook");
    }
}
