package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.worker.command.ServerSentEvents.Event;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerSentEventsTest {
    private static List<Event> read(String stream) throws IOException {
        List<Event> events = new ArrayList<>();
        try (ServerSentEvents reader =
                new ServerSentEvents(new ByteArrayInputStream(stream.getBytes(StandardCharsets.UTF_8)))) {
            for (Event event = reader.next(); event != null; event = reader.next()) {
                events.add(event);
            }
        }
        return events;
    }

    @Test
    void namesAndIdsComeWithTheirData() throws IOException {
        assertThat(read("event: response.created\nid: 7\ndata: {\"a\":1}\n\ndata:x\r\n\r\n"))
                .containsExactly(new Event("7", "response.created", "{\"a\":1}"), new Event(null, null, "x"));
    }

    @Test
    void linesOfDataBelongTogetherAndWhatHasNoneIsSkipped() throws IOException {
        assertThat(read(": comment\n\nevent: ping\n\nretry: 10\ndata: a\ndata:  b\ndata\n\ndata: [DONE]"))
                .containsExactly(new Event(null, null, "a\n b\n"), new Event(null, null, "[DONE]"));
    }
}
