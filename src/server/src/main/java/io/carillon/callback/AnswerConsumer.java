package io.carillon.callback;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.nio.AsyncResponseConsumer;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.apache.hc.core5.http.protocol.HttpContext;

/** Reads a receiver's answer: the status, the first part of the body, and not more than it must. */
class AnswerConsumer implements AsyncResponseConsumer<Answer> {
    private static final int HEAD = 1024;
    private static final int MOST_READ = 64 << 10;

    private final Clock clock;
    private final Consumer<Answer> tooLong;
    private final ByteArrayOutputStream head = new ByteArrayOutputStream(0);
    private int status;
    private Duration retryAfter;
    private long read;
    private FutureCallback<Answer> callback;

    /** @param tooLong gets the answer when its body goes on for longer than anybody should have to read */
    AnswerConsumer(Clock clock, Consumer<Answer> tooLong) {
        this.clock = clock;
        this.tooLong = tooLong;
    }

    @Override
    public void consumeResponse(
            HttpResponse response, EntityDetails entity, HttpContext context, FutureCallback<Answer> resultCallback) {
        status = response.getCode();
        retryAfter = retryAfter(response.getFirstHeader("Retry-After"));
        callback = resultCallback;
        if (entity == null) {
            callback.completed(answer());
        }
    }

    private Duration retryAfter(Header header) {
        if (header == null || header.getValue() == null) {
            return null;
        }
        String text = header.getValue().trim();
        try {
            if (text.matches("[0-9]{1,9}")) {
                return Duration.ofSeconds(Long.parseLong(text));
            }
            Instant until = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text));
            return Duration.between(clock.instant(), until);
        } catch (DateTimeException unreadable) {
            return null;
        }
    }

    private Answer answer() {
        return Answer.of(status, retryAfter, head.toByteArray());
    }

    @Override
    public void informationResponse(HttpResponse response, HttpContext context) {}

    @Override
    public void updateCapacity(CapacityChannel channel) throws IOException {
        channel.update(Integer.MAX_VALUE);
    }

    @Override
    public void consume(ByteBuffer bytes) {
        read += bytes.remaining();
        byte[] kept = new byte[Math.min(bytes.remaining(), HEAD - head.size())];
        bytes.get(kept);
        head.writeBytes(kept);
        bytes.position(bytes.limit());
        if (read > MOST_READ) {
            tooLong.accept(answer());
        }
    }

    @Override
    public void streamEnd(List<? extends Header> trailers) {
        callback.completed(answer());
    }

    @Override
    public void failed(Exception cause) {}

    @Override
    public void releaseResources() {}
}
