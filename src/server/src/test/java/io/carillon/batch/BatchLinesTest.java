package io.carillon.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.file.FileId;
import io.carillon.platform.json.Json;
import io.carillon.task.Attempt;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a line holds comes through as it is: its custom id in every file, and its body whatever its size. */
class BatchLinesTest {
    private static final int MEGABYTE = 1 << 20;
    private static final Validator.Limits LIMITS = new Validator.Limits(1_000, 1_000, 12 * MEGABYTE, 100);
    private static final String DONE = "{\"status_code\":200,\"body\":{}}";
    private static final String BAD = "{\"status_code\":400,\"body\":{}}";

    private static final List<String> IDS = List.of(
            "plain",
            "PLAIN",
            "plain ",
            " plain",
            " ",
            "null",
            "say \"no\" and 'no'",
            "back\\slash, \\\\two, \\n no line end, \\u0041",
            "a/b?c=d&e=<f>#%20${g}",
            "tab\tline\nend\rfeed\f\b",
            "\u0000\u0001\u001f\u007f\u0080",
            "Grüße, 漢字, عربى",
            "é",
            "e\u0301",
            "🎉 👩‍👩‍👧‍👦",
            "\uD83D\uDE00\uDBFF\uDFFF",
            "\u2028\u2029\u0085\uFEFF\uFFFD\uFFFE",
            "{\"custom_id\":\"x\"}",
            "x".repeat(512),
            "漢".repeat(512),
            "🎉".repeat(512),
            "\"".repeat(512),
            "\u0001".repeat(512));

    private Round round;

    @BeforeEach
    void open(@TempDir Path directory) throws IOException {
        round = new Round(directory, Duration.ZERO, LIMITS);
    }

    @AfterEach
    void close() {
        round.close();
    }

    /** A line whose custom id is written with as few escapes as JSON allows, or with nothing else. */
    private static String line(String customId, boolean escaped, String body) {
        String json = escaped ? "\"" + escapes(customId) + "\"" : quoted(customId);
        return "{\"custom_id\":" + json + ",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":" + body
                + "}\n";
    }

    private static String escapes(String text) {
        return text.chars().mapToObj("\\u%04x"::formatted).collect(Collectors.joining());
    }

    private static String quoted(String text) {
        try {
            return Json.mapper().writeValueAsString(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static String input(boolean escaped) {
        StringBuilder input = new StringBuilder();
        IDS.forEach(id -> input.append(line(id, escaped, "{\"model\":\"m\",\"messages\":[]}")));
        return input.toString();
    }

    private BatchId split(String input) {
        BatchId id = round.create(input);
        Batch batch = round.until(id, now -> now.state().isFinal() || now.total() > 0 && now.isSplit());
        assertThat(batch.errors()).isNull();
        return id;
    }

    /** The custom ids of a file, whose physical lines end with a line feed and nothing else. */
    private List<String> ids(Optional<FileId> file) {
        if (file.isEmpty()) {
            return List.of();
        }
        String text = round.text(file.get());
        assertThat(text).endsWith("\n");
        return Stream.of(text.split("\n"))
                .map(BatchLinesTest::json)
                .map(line -> line.get("custom_id").textValue())
                .toList();
    }

    private static JsonNode json(String line) {
        try {
            return Json.mapper().readTree(line);
        } catch (IOException e) {
            throw new AssertionError(line, e);
        }
    }

    private Batch again(Batch batch) {
        NewBatch wanted = new Again(round.files, LIMITS).of(batch, Optional.empty());
        BatchId id = round.table.insert(BatchId.random(), wanted).batch().id();
        round.until(id, now -> now.state().isFinal() || now.total() > 0 && now.isSplit());
        round.engine.complete(round.engine.take(100), DONE);
        return round.untilEnd(id);
    }

    @Test
    void customIdsComeBackUnchangedInOutputAndErrors() {
        for (boolean escaped : new boolean[] {false, true}) {
            BatchId id = split(input(escaped));
            List<String> good = new ArrayList<>();
            List<String> bad = new ArrayList<>();
            for (Attempt taken : round.engine.take(100)) {
                String customId = taken.specification().customId();
                (customId.length() % 2 == 0 ? good : bad).add(customId);
                round.engine.complete(taken, customId.length() % 2 == 0 ? DONE : BAD);
            }

            Batch batch = round.untilEnd(id);

            assertThat(ids(batch.outputFile())).containsExactlyElementsOf(good);
            assertThat(ids(batch.errorFile())).containsExactlyElementsOf(bad);
            assertThat(Stream.concat(good.stream(), bad.stream())).containsExactlyInAnyOrderElementsOf(IDS);
            Batch again = again(batch);
            assertThat(ids(again.outputFile())).containsExactlyElementsOf(bad);
            assertThat(again.errorFile()).isEmpty();
        }
    }

    @Test
    void customIdsComeBackUnchangedFromACancelledBatchAndItsRetry() {
        for (boolean escaped : new boolean[] {false, true}) {
            BatchId id = split(input(escaped));
            round.table.cancel(id, batch -> true);

            Batch batch = round.untilEnd(id);

            assertThat(batch.state()).isEqualTo(BatchState.CANCELLED);
            assertThat(ids(batch.errorFile())).containsExactlyElementsOf(IDS);
            assertThat(ids(again(batch).outputFile())).containsExactlyElementsOf(IDS);
        }
    }

    @Test
    void customIdsOfLinesThatNeverBecameTasksComeBackUnchanged() {
        for (boolean escaped : new boolean[] {false, true}) {
            BatchId id = round.create(input(escaped));
            round.until(id, batch -> batch.state() == BatchState.IN_PROGRESS);
            round.table.cancel(id, batch -> true);

            Batch batch = round.untilEnd(id);

            assertThat(round.tasks(id)).isZero();
            assertThat(ids(batch.errorFile())).containsExactlyElementsOf(IDS);
            assertThat(ids(again(batch).outputFile())).containsExactlyElementsOf(IDS);
        }
    }

    /** A body of JSON that nobody reads again as it was: big and exact numbers, nulls, an order, white space. */
    private static String body(int bytes, int number) {
        String begin = "{ \"z\" : 1.0e-7,\"n\":123456789012345678901234567890,\"a\":null, \"model\":\"m\","
                + "\"messages\":[" + number + "],\"e\":\"\\u00e9";
        return begin + "x".repeat(bytes - begin.length() - 2) + "\"}";
    }

    @Test
    void aBodyOfTenMegabytesComesThrough() {
        String body = body(10 * MEGABYTE, 1);
        BatchId id = split(line("large", false, body) + line("small", false, body(200, 2)));
        List<Attempt> taken = new ArrayList<>(round.engine.take(1));
        taken.addAll(round.engine.take(1));
        assertThat(taken).hasSize(2);
        assertThat(taken.get(0).data().text().equals(body)).isTrue();
        assertThat(taken.get(1).data().text()).isEqualTo(body(200, 2));

        taken.forEach(attempt -> round.engine.complete(
                attempt,
                "{\"status_code\":200,\"request_id\":\"r\",\"body\":"
                        + attempt.data().text() + "}"));
        Batch batch = round.untilEnd(id);

        String[] lines = round.text(batch.outputFile().orElseThrow()).split("\n");
        assertThat(lines).hasSize(2);
        String expected = "{\"id\":\"" + id.request(1) + "\",\"custom_id\":\"large\",\"response\":{\"status_code\":200,"
                + "\"request_id\":\"r\",\"body\":" + body + "},\"error\":null}";
        assertThat(lines[0].equals(expected)).isTrue();
        assertThat(batch.errorFile()).isEmpty();
    }

    /** As few lines as have 4 MB are one transaction, which a store takes. */
    @Test
    void largeLinesAreSplitInPortionsByTheirBytes() {
        StringBuilder input = new StringBuilder();
        for (int i = 1; i <= 5; i++) {
            input.append(line("c" + i, false, body(5 * MEGABYTE / 2, i)));
        }
        BatchId id = round.create(input.toString());
        round.until(id, batch -> batch.state() == BatchState.IN_PROGRESS);
        round.engine.run("UPDATE batch SET next_at = 0, claimed_until = 0");
        Batch claimed = round.table.claimDue(1).get(0);
        loseTheClaimWithTheFirstTasks(id);

        assertThatThrownBy(() -> round.splitter.split(claimed, round.engine.queue()))
                .isInstanceOf(Hold.Lost.class);

        assertThat(round.tasks(id)).isEqualTo(2);
        Batch batch = round.find(id);
        assertThat(batch.splitLines()).isEqualTo(2);
        assertThat(batch.splitOffset())
                .isEqualTo(input.substring(0, input.indexOf("{\"custom_id\":\"c3\""))
                        .getBytes(StandardCharsets.UTF_8)
                        .length);
        round.until(id, Batch::isSplit);
        assertThat(round.engine.rows("SELECT custom_id FROM task WHERE batch_id = ? ORDER BY line", id.text()))
                .containsExactly("c1", "c2", "c3", "c4", "c5");
    }

    private void loseTheClaimWithTheFirstTasks(BatchId id) {
        round.engine.faults().afterNextCommit(() -> {
            if (round.tasks(id) > 0) {
                round.engine.run("UPDATE batch SET claim = claim + 1");
            } else {
                loseTheClaimWithTheFirstTasks(id);
            }
        });
    }
}
