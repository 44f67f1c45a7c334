package io.carillon.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.platform.json.RawJson;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EventStreamTest {
    private final Reader reader = new Reader();
    private final EventStream stream = reader.events();
    private final AtomicInteger gone = new AtomicInteger();

    EventStreamTest() throws IOException {
        stream.onGone(gone::incrementAndGet);
    }

    private static Frame frame(String data) {
        return new Frame(null, null, RawJson.of(data));
    }

    private static CallerAnswer answer(int status, String body) {
        return new CallerAnswer(status, RawJson.of(body));
    }

    @Test
    void eventsComeAtOnceAndInOrder() {
        stream.send(frame("1"));
        assertThat(reader.text()).isEqualTo("data:1\n\n");
        assertThat(reader.status).isEqualTo(200);
        assertThat(reader.type).isEqualTo("text/event-stream");

        stream.send(frame("2"));
        stream.end(answer(200, "{\"stream\":true}"));

        assertThat(reader.text()).isEqualTo("data:1\n\ndata:2\n\n");
        assertThat(reader.finished).isTrue();
        assertThat(gone).hasValue(0);
    }

    @Test
    void theHeadCarriesTheIdsOfTheRequestWhateverComes() {
        stream.send(frame("1"));

        assertThat(reader.headers)
                .containsEntry("X-BELLA-TRACE-ID", "trace-1")
                .containsEntry("X-BELLA-REQUEST-ID", "request-1")
                .containsEntry("Cache-Control", "no-cache");
    }

    @Test
    void errorBeforeAnyEventIsAnHttpStatus() {
        stream.end(answer(429, "{\"error\":{\"message\":\"slow\"}}"));

        assertThat(reader.status).isEqualTo(429);
        assertThat(reader.type).isEqualTo("application/json");
        assertThat(reader.text()).isEqualTo("{\"error\":{\"message\":\"slow\"}}");
        assertThat(reader.finished).isTrue();
    }

    @Test
    void errorAfterAnEventIsAnErrorEvent() {
        stream.send(frame("1"));
        stream.end(answer(500, "{\"error\":{\"message\":\"bad\"}}"));

        assertThat(reader.text()).isEqualTo("data:1\n\nevent:error\ndata:{\"error\":{\"message\":\"bad\"}}\n\n");
        assertThat(reader.finished).isTrue();
    }

    @Test
    void answerWithoutEventsIsOneMessage() {
        stream.end(answer(200, "{\"a\":1}"));

        assertThat(reader.text()).isEqualTo("event:message\ndata:{\"a\":1}\n\n");
        assertThat(reader.finished).isTrue();
    }

    @Test
    void emptyAnswerIsAnEmptyStream() {
        stream.end(answer(200, "{}"));

        assertThat(reader.text()).isEmpty();
        assertThat(reader.status).isEqualTo(200);
        assertThat(reader.committed).isTrue();
        assertThat(reader.finished).isTrue();
    }

    @Test
    void headIsHeldBackAndThenCommentsKeepTheConnection() {
        stream.tick(System.nanoTime() + Duration.ofSeconds(9).toNanos());
        assertThat(reader.committed).isFalse();

        stream.tick(System.nanoTime() + Duration.ofSeconds(11).toNanos());
        assertThat(reader.text()).isEqualTo(":\n\n");

        stream.tick(System.nanoTime() + Duration.ofSeconds(14).toNanos());
        stream.tick(System.nanoTime() + Duration.ofSeconds(16).toNanos());
        assertThat(reader.text()).isEqualTo(":\n\n:\n\n");

        stream.end(answer(500, "{\"error\":{\"message\":\"late\"}}"));
        assertThat(reader.text()).isEqualTo(":\n\n:\n\nevent:error\ndata:{\"error\":{\"message\":\"late\"}}\n\n");
    }

    @Test
    void whatAReaderHasNotReadIsKeptForIt() throws IOException {
        stream.send(frame("1"));
        reader.stopReading();
        stream.send(frame("2"));
        stream.end();
        assertThat(reader.finished).isFalse();

        reader.readOn();

        assertThat(reader.text()).isEqualTo("data:1\n\ndata:2\n\n");
        assertThat(reader.finished).isTrue();
        assertThat(gone).hasValue(0);
    }

    @Test
    void aLargeEventGoesOutAsFarAsItsReaderReads() throws IOException {
        String large = "[\"" + "0123456789abcdef".repeat(1 << 16) + "\"]";
        reader.stopReading();
        stream.send(frame(large));
        stream.end();

        reader.readOn(1);
        assertThat(reader.text())
                .hasSizeBetween(1, 1 << 17)
                .isEqualTo(("data:" + large).substring(0, reader.text().length()));
        reader.readOn(2);
        assertThat(reader.text()).hasSizeBetween(1 << 17, 1 << 19);
        assertThat(reader.finished).isFalse();

        reader.readOn();
        assertThat(reader.text()).isEqualTo("data:" + large + "\n\n");
        assertThat(reader.finished).isTrue();
    }

    @Test
    void readerWhoStopsReadingIsCutOff() {
        reader.stopReading();
        for (int i = 0; i <= 10_000; i++) {
            stream.send(frame("1"));
        }

        assertThat(stream.isOver()).isTrue();
        assertThat(reader.finished).isTrue();
        assertThat(gone).hasValue(1);
    }

    @Test
    void readerOfLargeEventsIsCutOffByBytes() {
        reader.stopReading();
        RawJson large = RawJson.of("\"" + "x".repeat(3 << 20) + "\"");
        stream.send(new Frame(null, null, large));
        assertThat(stream.isOver()).isFalse();
        stream.send(new Frame(null, null, large));

        assertThat(stream.isOver()).isTrue();
        assertThat(gone).hasValue(1);
    }

    @Test
    void readerWhoHasNotReadForAMinuteIsCutOff() {
        reader.stopReading();
        stream.send(frame("1"));

        reader.outflows.tick(System.nanoTime() + Duration.ofSeconds(59).toNanos());
        assertThat(stream.isOver()).isFalse();
        reader.outflows.tick(System.nanoTime() + Duration.ofSeconds(61).toNanos());
        assertThat(stream.isOver()).isTrue();
        assertThat(gone).hasValue(1);
        assertThat(reader.outflows.open()).isZero();
    }

    @Test
    void readerWhoReadsHasAllTheTimeItWants() throws IOException {
        assertThat(reader.outflows.open()).isOne();
        stream.send(frame("1"));
        reader.outflows.tick(System.nanoTime() + Duration.ofHours(1).toNanos());
        reader.stopReading();
        stream.send(frame("2"));
        reader.readOn();
        reader.outflows.tick(System.nanoTime() + Duration.ofHours(1).toNanos());
        assertThat(stream.isOver()).isFalse();

        stream.end();

        assertThat(reader.text()).isEqualTo("data:1\n\ndata:2\n\n");
        assertThat(gone).hasValue(0);
        assertThat(reader.outflows.open()).isZero();
    }

    @Test
    void readerWhoStopsBeforeTheLastBytesAreOutIsCutOff() {
        stream.send(frame("1"));
        reader.stopReading();
        stream.end();
        assertThat(reader.finished).isFalse();

        reader.outflows.tick(System.nanoTime() + Duration.ofSeconds(61).toNanos());

        assertThat(reader.finished).isTrue();
        assertThat(reader.outflows.open()).isZero();
    }

    @Test
    void readerWhoWentAwayIsNoticedAtTheNextWrite() {
        reader.goAway();
        stream.send(frame("1"));

        assertThat(gone).hasValue(1);
        stream.send(frame("2"));
        stream.end();
        assertThat(gone).hasValue(1);
        assertThat(reader.text()).isEmpty();
    }

    @Test
    void manyWritersDoNotMixTheirEvents() {
        CompletableFuture<?>[] writers = new CompletableFuture<?>[8];
        for (int w = 0; w < writers.length; w++) {
            String data = String.valueOf(w).repeat(20);
            writers[w] = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < 1000; i++) {
                    stream.send(frame(data));
                }
            });
        }
        CompletableFuture.allOf(writers).join();
        stream.end();

        assertThat(reader.finished).isTrue();
        assertThat(reader.text()).matches("(data:(\\d)\\2{19}\n\n){8000}");
    }
}
