package io.carillon.stream;

import io.carillon.platform.http.AnswerHeaders;
import io.carillon.platform.http.Outflows;
import io.carillon.platform.http.RequestIds;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A client that reads events, as the container shows it: it takes what is written, or stops reading, or goes away. */
final class Reader {
    private final ByteArrayOutputStream got = new ByteArrayOutputStream();
    private final Out out = new Out();
    private final EventStream events;
    final Outflows outflows = new Outflows();
    private volatile boolean reading = true;
    /** How many writes it takes before it stops. */
    private volatile int room = Integer.MAX_VALUE;

    private volatile boolean broken;
    final Map<String, String> headers = new ConcurrentHashMap<>();
    volatile int status;
    volatile String type;
    volatile int length = -1;
    volatile boolean committed;
    volatile boolean finished;

    Reader() throws IOException {
        HttpServletResponse response = fake(HttpServletResponse.class, (name, arguments) -> switch (name) {
            case "getOutputStream" -> out;
            case "setStatus" -> status = (int) arguments[0];
            case "setContentType" -> type = (String) arguments[0];
            case "setContentLength" -> length = (int) arguments[0];
            case "setHeader" -> headers.put((String) arguments[0], (String) arguments[1]);
            case "isCommitted" -> committed;
            default -> null;
        });
        AsyncContext context =
                fake(AsyncContext.class, (name, arguments) -> name.equals("getResponse") ? response : null);
        events = new EventStream(outflows.on(
                context,
                new AnswerHeaders().add(new RequestIds("trace-1", "request-1")::headers),
                () -> finished = true));
        out.listener.onWritePossible();
    }

    EventStream events() {
        return events;
    }

    synchronized String text() {
        return got.toString(StandardCharsets.UTF_8);
    }

    void stopReading() {
        reading = false;
    }

    void readOn() throws IOException {
        readOn(Integer.MAX_VALUE);
    }

    void readOn(int writes) throws IOException {
        room = writes;
        reading = true;
        out.listener.onWritePossible();
    }

    void goAway() {
        broken = true;
    }

    private interface Answers {
        Object to(String method, Object[] arguments);
    }

    private static <T> T fake(Class<T> type, Answers answers) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Object answer = answers.to(method.getName(), arguments);
                    return method.getReturnType() == void.class ? null : answer;
                }));
    }

    private final class Out extends ServletOutputStream {
        private WriteListener listener;

        @Override
        public boolean isReady() {
            return reading;
        }

        @Override
        public void setWriteListener(WriteListener writeListener) {
            listener = writeListener;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            if (broken) {
                throw new IOException("gone");
            }
            if (!reading || finished) {
                throw new IllegalStateException("written although not ready, or after the end");
            }
            committed = true;
            synchronized (Reader.this) {
                got.write(bytes, from, count);
            }
            if (--room == 0) {
                reading = false;
            }
        }

        @Override
        public void flush() throws IOException {
            if (broken) {
                throw new IOException("gone");
            }
            committed = true;
        }
    }
}
