package io.carillon.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallbackAddressTest {
    private final CallbackAddress publicOnly = new CallbackAddress(false);
    private final CallbackAddress anywhere = new CallbackAddress(true);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://example.com",
                "HTTPS://Example.com:8443/a/b?c=d&e=%20f#g",
                "http://my_service.example/cb",
                "http://example.com./cb",
                "http://b\u00fccher.example/\u56de\u8c03",
                "http://8.8.8.8/cb",
                "http://[2606:4700::1111]:8080/cb",
                "http://169.example.com/",
            })
    void publicUrlIsAccepted(String url) {
        assertThatCode(() -> publicOnly.check(url)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/cb",
                "example.com/cb",
                "//example.com/cb",
                "ftp://example.com/cb",
                "file:///etc/passwd",
                "http://",
                "http:///cb",
                "http://user@example.com/",
                "http://user:secret@example.com/",
                "http://example.com\\@127.0.0.1/",
                "http://exa mple.com/",
                "http://example.com:0/",
                "http://example.com:65536/",
                "http://example.com:x/",
                "http://a..b/",
                "http://[::1/",
                "http://[fe80::1%25eth0]/",
                "http://[12345::]/",
                "http://example.com/\nHost: other",
            })
    void urlThatIsNotPlainHttpIsRefused(String url) {
        assertRefused(anywhere, url);
        assertRefused(publicOnly, url);
    }

    @Test
    void urlOverItsLengthIsRefused() {
        String url = "http://example.com/";
        String longest = url + "x".repeat(2048 - url.length());
        assertThatCode(() -> publicOnly.check(longest)).doesNotThrowAnyException();
        assertRefused(publicOnly, longest + "x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1/",
                "http://127.1.2.3:8080/x",
                "http://10.0.0.1/",
                "http://172.31.255.255/",
                "http://192.168.1.1/",
                "http://169.254.169.254/latest/meta-data/",
                "http://100.64.0.1/",
                "http://0.0.0.0/",
                "http://255.255.255.255/",
                "http://localhost/",
                "http://LOCALHOST:80/",
                "http://a.localhost/",
                "http://2130706433/",
                "http://0x7f.1/",
                "http://0x7f000001/",
                "http://127.1/",
                "http://0177.0.0.1/",
                "http://127.0.0.1./",
                "http://\uff11\uff12\uff17.0.0.1/",
                "http://256.1.1.1/",
                "http://[::1]/",
                "http://[::]/",
                "http://[::ffff:127.0.0.1]/",
                "http://[::ffff:7f00:1]/",
                "http://[fe80::1]/",
                "http://[fd00::1]/",
                "http://[64:ff9b::7f00:1]/",
                "http://[2002:7f00:1::]/",
            })
    void privateAddressIsRefusedUnlessAllowed(String url) {
        assertRefused(publicOnly, url);
        assertThatCode(() -> anywhere.check(url)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.1.2.3",
                "10.255.0.1",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "169.254.169.254",
                "172.16.0.1",
                "192.0.0.1",
                "192.0.2.1",
                "192.168.0.1",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "239.1.1.1",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::127.0.0.1",
                "fc00::1",
                "fdff::1",
                "fe80::1",
                "fec0::1",
                "ff02::1",
                "2001::1",
                "2001:db8::1",
                "2002:a00:1::",
                "64:ff9b::a00:1",
                "64:ff9b:1::1",
                "3fff::1",
                "100::1",
            })
    void noConnectionIsMadeToAnAddressThatIsNotPublic(String address) throws UnknownHostException {
        assertThat(publicOnly.allows(InetAddress.getByName(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "172.15.0.1",
                "172.32.0.1",
                "192.167.0.1",
                "198.17.0.1",
                "198.20.0.1",
                "223.255.255.255",
                "2606:4700::1111",
                "2a00:1450::1",
                "2001:4860:4860::8888",
                "64:ff9b::808:808",
            })
    void connectionIsMadeToAPublicAddress(String address) throws UnknownHostException {
        assertThat(publicOnly.allows(InetAddress.getByName(address))).isTrue();
    }

    @Test
    void multicastIsRefusedEvenWherePrivateIsAllowed() throws UnknownHostException {
        assertThat(anywhere.allows(InetAddress.getByName("224.0.0.1"))).isFalse();
        assertThat(anywhere.allows(InetAddress.getByName("192.168.0.1"))).isTrue();
    }

    private static void assertRefused(CallbackAddress address, String url) {
        assertThatThrownBy(() -> address.check(url)).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.reason()).isEqualTo(Reason.INVALID);
            assertThat(refused.parameter()).hasValue("callback_url");
        });
    }
}
