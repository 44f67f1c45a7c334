package io.carillon.platform.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.platform.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.logging.StreamHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LogSettingsTest {
    private static final JsonLines JSON =
            new JsonLines(number -> number == 12 ? Optional.of("demo") : Optional.empty());

    private static PlainLines plain(Formatter own) {
        return new PlainLines(own, number -> number == 12 ? Optional.of("demo") : Optional.empty());
    }

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final SimpleFormatter serversOwn = new SimpleFormatter();
    private final StreamHandler handler = new StreamHandler(out, serversOwn);
    private final Logger log = Logger.getLogger("io.carillon.platform.log.test");
    private final LogSettings settings = new LogSettings(log, handler);

    @BeforeEach
    void listen() {
        log.setUseParentHandlers(false);
        log.addHandler(handler);
    }

    @AfterEach
    void forget() {
        log.removeHandler(handler);
        log.setLevel(null);
        Trace.end();
    }

    private JsonNode logged(String message, Throwable thrown) throws IOException {
        out.reset();
        log.log(Level.WARNING, message, thrown);
        handler.flush();
        String text = out.toString(StandardCharsets.UTF_8);
        assertThat(text).endsWith("\n").containsOnlyOnce("\n");
        return Json.mapper().readTree(text);
    }

    @Test
    void jsonLineHasTaskQueueAndTraceAsFields() throws IOException {
        settings.apply(Optional.of("json"), Optional.empty(), JSON, LogSettingsTest::plain);
        Trace.begin("trace-1");

        JsonNode line = logged("Task TASK-12-1-C-261122093258-0001-000042 waits again", null);

        assertThat(line.get("task").asText()).isEqualTo("TASK-12-1-C-261122093258-0001-000042");
        assertThat(line.get("queue").asText()).isEqualTo("demo");
        assertThat(line.get("trace").asText()).isEqualTo("trace-1");
        assertThat(line.get("level").asText()).isEqualTo("WARN");
        assertThat(line.has("error")).isFalse();
    }

    @Test
    void stackTracesAndLineBreaksStayOnOneLine() throws IOException {
        settings.apply(Optional.of("json"), Optional.empty(), JSON, LogSettingsTest::plain);

        JsonNode line = logged("first\nsecond {\"forged\":1}", new IllegalStateException("broken"));

        assertThat(line.get("message").asText()).startsWith("first\nsecond");
        assertThat(line.get("error").asText()).contains("IllegalStateException: broken", "\tat ");
        assertThat(line.has("task")).isFalse();
    }

    @Test
    void plainLineTellsQueueAndTraceBehindTheMessage() {
        settings.apply(Optional.empty(), Optional.empty(), JSON, LogSettingsTest::plain);
        Trace.begin("trace-1");
        log.log(Level.WARNING, "Task TASK-12-1-C-261122093258-0001-000042 waits", new IllegalStateException("broken"));
        handler.flush();

        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("TASK-12-1-C-261122093258-0001-000042 waits (queue demo, trace trace-1)\n")
                .contains("IllegalStateException: broken\n");
    }

    @Test
    void workKeepsItsTraceOnAnotherThreadAndLeavesNoneThere() {
        Queue<Runnable> otherThread = new ArrayDeque<>();
        Trace.begin("trace-1");
        List<Optional<String>> seen = new ArrayList<>();
        otherThread.add(Trace.carried(() -> seen.add(Trace.now())));
        Trace.end();
        otherThread.add(Trace.carried(() -> seen.add(Trace.now())));
        otherThread.forEach(Runnable::run);

        assertThat(seen).containsExactly(Optional.of("trace-1"), Optional.empty());
        assertThat(Trace.now()).isEmpty();
    }

    @Test
    void whatNobodySaysStaysAsTheServerHasIt() {
        settings.apply(Optional.empty(), Optional.empty(), JSON, LogSettingsTest::plain);
        LogRecord event = new LogRecord(Level.INFO, "about nothing");
        assertThat(handler.getFormatter().format(event)).isEqualTo(serversOwn.format(event));

        settings.apply(Optional.of("plain"), Optional.of("debug"), JSON, LogSettingsTest::plain);
        assertThat(handler.getFormatter().format(event)).isEqualTo(serversOwn.format(event));
        assertThat(log.getLevel()).isEqualTo(Level.FINE);
        assertThat(handler.getLevel()).isEqualTo(Level.FINE);
    }

    @Test
    void serverGetsItsOwnFormBack() {
        settings.apply(Optional.of("json"), Optional.of("error"), JSON, LogSettingsTest::plain);
        settings.restore();

        assertThat(handler.getFormatter()).isSameAs(serversOwn);
        assertThat(log.getLevel()).isNull();
    }

    @Test
    void wrongSettingsAreNamed() {
        assertThatThrownBy(() -> settings.apply(Optional.of("xml"), Optional.empty(), JSON, LogSettingsTest::plain))
                .hasMessageContaining("CARILLON_LOG_FORMAT");
        assertThatThrownBy(() -> settings.apply(Optional.empty(), Optional.of("loud"), JSON, LogSettingsTest::plain))
                .hasMessageContaining("CARILLON_LOG_LEVEL");
    }
}
