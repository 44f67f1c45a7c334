package io.carillon.platform.http;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Answers to a client that does not read: a write that is not asked for would keep its thread. */
class ExchangeTest {
    private final Out out = new Out();
    private final List<Integer> answered = new ArrayList<>();
    private final Outflows outflows = new Outflows();
    private boolean completed;
    private final Exchange exchange = exchange();

    private Exchange exchange() {
        HttpServletResponse response =
                fake(HttpServletResponse.class, Map.of("getOutputStream", out, "isCommitted", true), name -> {});
        AsyncContext context =
                fake(AsyncContext.class, Map.of("getResponse", response), name -> completed |= name.equals("complete"));
        HttpServletRequest request =
                fake(HttpServletRequest.class, Map.of("startAsync", context, "getMethod", "GET"), name -> {});
        Exchange made = new Exchange(request, response, RequestIds.of(null), outflows, answered::add);
        made.later();
        return made;
    }

    private static <T> T fake(Class<T> type, Map<String, Object> answers, Consumer<String> calls) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    calls.accept(method.getName());
                    Object answer = answers.get(method.getName());
                    return answer == null && method.getReturnType() == boolean.class ? false : answer;
                }));
    }

    @Test
    void aLargeAnswerWaitsForItsReaderWithoutAThread() throws IOException {
        byte[] large = new byte[200_000];

        exchange.answer(200, large);
        assertThat(out.got.size()).isZero();
        assertThat(outflows.open()).isOne();
        assertThat(completed).isFalse();

        out.ready = true;
        out.listener.onWritePossible();
        assertThat(out.got.size()).isEqualTo(large.length);
        assertThat(completed).isTrue();
        assertThat(answered).containsExactly(200);
        assertThat(outflows.open()).isZero();
    }

    @Test
    void aLargeAnswerToAClientThatDoesNotReadIsGivenUp() {
        exchange.answer(200, new byte[200_000]);

        outflows.tick(System.nanoTime() + 61_000_000_000L);

        assertThat(completed).isTrue();
        assertThat(outflows.open()).isZero();
    }

    @Test
    void aSmallAnswerIsWrittenAtOnce() {
        exchange.answer(200, new byte[8 * 1024]);

        assertThat(out.got.size()).isEqualTo(8 * 1024);
        assertThat(out.listener).isNull();
        assertThat(completed).isTrue();
        assertThat(answered).containsExactly(200);
    }

    private static final class Out extends ServletOutputStream {
        private final ByteArrayOutputStream got = new ByteArrayOutputStream();
        private WriteListener listener;
        private boolean ready;

        @Override
        public boolean isReady() {
            return ready;
        }

        @Override
        public void setWriteListener(WriteListener writeListener) {
            listener = writeListener;
        }

        @Override
        public void write(int one) {
            got.write(one);
        }

        @Override
        public void write(byte[] bytes, int from, int count) {
            got.write(bytes, from, count);
        }
    }
}
