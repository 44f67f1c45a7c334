package io.carillon.callback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class CheckedResolverTest {
    private final Queue<List<String>> answers = new ArrayDeque<>();
    private final Queue<Runnable> lookups = new ArrayDeque<>();
    private final CheckedResolver resolver = new CheckedResolver(new CallbackAddress(false), lookups::add) {
        @Override
        InetAddress[] addresses(String host) throws UnknownHostException {
            List<String> answer = answers.remove();
            InetAddress[] addresses = new InetAddress[answer.size()];
            for (int i = 0; i < addresses.length; i++) {
                addresses[i] = InetAddress.getByName(answer.get(i));
            }
            return addresses;
        }
    };

    @Test
    void onlyPublicAddressesOfANameAreGivenOut() throws UnknownHostException {
        answers.add(List.of("127.0.0.1", "8.8.8.8", "10.0.0.1", "2606:4700::1111"));

        assertThat(Arrays.stream(resolver.resolve("mixed.example")).map(InetAddress::getHostAddress))
                .containsExactly("8.8.8.8", "2606:4700:0:0:0:0:0:1111");
    }

    @Test
    void nameWithPrivateAddressesOnlyIsRefused() {
        answers.add(List.of("127.0.0.1", "fe80::1"));

        assertThatThrownBy(() -> resolver.resolve("inside.example")).isInstanceOf(CheckedResolver.Forbidden.class);
    }

    @Test
    void addressThatWasCheckedIsTheOneThatIsConnectedTo() throws UnknownHostException {
        answers.add(List.of("8.8.8.8"));
        answers.add(List.of("127.0.0.1"));

        resolver.lookUp("rebinding.example");
        lookups.remove().run();

        assertThat(resolver.resolve("rebinding.example")).containsExactly(InetAddress.getByName("8.8.8.8"));
        assertThat(answers).hasSize(1);
    }

    @Test
    void allWhoAskForANameMeanwhileShareOneLookup() {
        answers.add(List.of("8.8.8.8"));

        var first = resolver.lookUp("example.com");
        var second = resolver.lookUp("example.com");

        assertThat(lookups).hasSize(1);
        assertThat(first.isDone() || second.isDone()).isFalse();
        lookups.remove().run();
        assertThat(first.isDone() && second.isDone()).isTrue();
        resolver.lookUp("example.com");
        assertThat(lookups).isEmpty();
    }

    @Test
    void slowNameServersTakeFewThreads() {
        for (int i = 0; i < CheckedResolver.AT_ONCE + 3; i++) {
            answers.add(List.of("8.8.8.8"));
            resolver.lookUp("slow" + i + ".example");
        }
        assertThat(lookups).hasSize(CheckedResolver.AT_ONCE);

        var last = resolver.lookUp("slow" + (CheckedResolver.AT_ONCE + 2) + ".example");
        while (!lookups.isEmpty()) {
            assertThat(lookups).hasSizeLessThanOrEqualTo(CheckedResolver.AT_ONCE);
            lookups.remove().run();
        }

        assertThat(last.isDone()).isTrue();
        assertThat(answers).isEmpty();
    }
}
