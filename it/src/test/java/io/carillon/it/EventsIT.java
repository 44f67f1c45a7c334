package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.it.support.BusWorker;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.SseReader;
import io.carillon.it.support.Whole;
import java.net.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Watching a task. */
class EventsIT {
    private static final Pattern FRAME = Pattern.compile("id:([^\n]+)\nevent:([^\n]+)\ndata:([^\n]*)\n\n");
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    /** An event as a browser sees it. */
    private record Event(String id, String name, JsonNode data) {
        static Event of(String frame) {
            Matcher matcher = FRAME.matcher(frame);
            assertThat(matcher.matches()).as(frame).isTrue();
            try {
                return new Event(matcher.group(1), matcher.group(2), new ObjectMapper().readTree(matcher.group(3)));
            } catch (JsonProcessingException e) {
                throw new AssertionError(frame, e);
            }
        }

        String state() {
            return data.path("state").asText();
        }

        /** {@code state waiting}, or {@code progress 7}. */
        String brief() {
            return name.equals("state") ? "state " + state() : name + " " + data.path("event_data");
        }
    }

    private static List<Event> rest(SseReader reader) {
        return reader.frames().stream().map(Event::of).toList();
    }

    private static List<String> briefs(List<Event> events) {
        return events.stream().map(Event::brief).toList();
    }

    private static String progress(int n) {
        return "{\"event_id\":\"e" + n + "\",\"event_name\":\"step\",\"event_data\":" + n + "}";
    }

    @Test
    void theHeadOfAStreamCarriesTheIdsOfItsRequest() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));
        try (SseReader watcher = SseReader.events(a, id);
                SseReader caller = SseReader.put(a, Put.streaming(queue))) {
            a.complete(Server.id(a.takeOne(queue + ":0")), "{}").expect(200);
            for (SseReader reader : List.of(watcher, caller)) {
                HttpHeaders head = reader.head().headers();
                assertThat(head.firstValue("X-BELLA-TRACE-ID").orElse("")).startsWith("carillon-");
                assertThat(head.firstValue("X-BELLA-REQUEST-ID").orElse("")).hasSize(36);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void theStateComesFirstThenEveryChangeAndProgressInOrder(int level) {
        String queue = a.newQueue();
        String id = a.putTask(Put.online(queue).level(level));
        try (SseReader onA = SseReader.events(a, id);
                SseReader onB = SseReader.events(b, id)) {
            Event first = Event.of(onA.frame());
            Event firstOnB = Event.of(onB.frame());
            a.takeOne(queue + ":" + level);
            for (int i = 0; i < 20; i++) {
                (i % 2 == 0 ? a : b).progress(id, progress(i)).expect(200);
            }
            a.complete(id, "{\"body\":1}").expect(200);
            List<Event> events = rest(onA);
            List<Event> eventsOnB = rest(onB);

            assertThat(first.brief()).isEqualTo("state waiting");
            assertThat(firstOnB.brief()).isEqualTo("state waiting");
            List<String> expected = new ArrayList<>(List.of("state running"));
            for (int i = 0; i < 20; i++) {
                expected.add("progress " + i);
            }
            expected.add("state succeeded");
            assertThat(briefs(events)).isEqualTo(expected);
            assertThat(briefs(eventsOnB)).isEqualTo(expected);
            assertThat(events).extracting(Event::id).doesNotHaveDuplicates();
            assertThat(onA.head().headers().firstValue("Content-Type").orElse(""))
                    .startsWith("text/event-stream");
        }
    }

    @Test
    void whoComesBackGoesOnWhereHeWas() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));
        String seen;
        try (SseReader reader = SseReader.events(a, id)) {
            reader.frame();
            a.takeOne(queue + ":1");
            assertThat(Event.of(reader.frame()).brief()).isEqualTo("state running");
            a.progress(id, progress(1)).expect(200);
            Event event = Event.of(reader.frame());
            assertThat(event.brief()).isEqualTo("progress 1");
            seen = event.id();
        }
        a.progress(id, progress(2)).expect(200);
        a.progress(id, progress(3)).expect(200);

        try (SseReader reader = SseReader.events(b, id, seen)) {
            assertThat(Event.of(reader.frame()).brief()).isEqualTo("progress 2");
            assertThat(Event.of(reader.frame()).brief()).isEqualTo("progress 3");
            a.complete(id, "{}").expect(200);
            assertThat(briefs(rest(reader))).containsExactly("state succeeded");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aFinishedTaskIsToldAndTheStreamEnds(int level) {
        String id = a.putTask(Put.online(a.newQueue()).level(level));
        a.complete(id, "{}").expect(200);

        try (SseReader reader = SseReader.events(b, id)) {
            assertThat(briefs(rest(reader))).containsExactly("state succeeded");
        }
    }

    @Test
    void cancellationAndLostLeasesAreChangesToo() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));
        try (SseReader reader = SseReader.events(a, id)) {
            assertThat(Event.of(reader.frame()).brief()).isEqualTo("state waiting");
            a.takeOne(queue + ":1", ",\"process_timeout\":1,\"process_max_retries\":1");
            assertThat(Event.of(reader.frame()).brief()).isEqualTo("state running");
            assertThat(Event.of(reader.frame()).brief()).isEqualTo("state waiting");
            b.cancel(id).expect(202);
            assertThat(briefs(rest(reader))).containsExactly("state cancelled");
        }
    }

    @Test
    void progressOnTheBusIsSeenToo() {
        String queue = a.newQueue();
        CompletableFuture<?> caller = a.putLater(Put.blocking(queue));
        JsonNode task = a.takeOne(queue + ":0");
        try (BusWorker bus = new BusWorker(a);
                SseReader reader = SseReader.events(b, Server.id(task))) {
            assertThat(Event.of(reader.frame()).brief()).isEqualTo("state running");
            bus.progress(task, "1", "step", "7");
            assertThat(Event.of(reader.frame()).brief()).isEqualTo("progress 7");
            bus.complete(task, "{}");
            assertThat(briefs(rest(reader))).containsExactly("state succeeded");
        }
        caller.join();
    }

    @Test
    void anUnknownTaskIs404AndWhatIsNoTaskIdIs400() {
        assertError(a.get("/v1/queue/TASK-1-1-C-261122093258-0001-999999/events"), 404);
        assertError(a.get("/v1/queue/nonsense/events"), 400);
    }
}
