package io.carillon.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.database.TestEntities;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.QueueName;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelsTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final QueueName FAST = new QueueName("fast");
    private static final QueueName SLOW = new QueueName("slow");

    private static TestEntities mariaDb;

    private long nanos;
    private Channels channels;

    @BeforeAll
    static void open() {
        mariaDb = new TestEntities();
    }

    @AfterAll
    static void close() {
        mariaDb.close();
    }

    @BeforeEach
    void clear() {
        mariaDb.execute("DELETE FROM channel");
        channels = instance();
    }

    private Channels instance() {
        return new Channels(mariaDb.entities(), Clock.systemUTC(), () -> nanos);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt-4", "meta-llama/Llama-3.1-8B", "qwen:7b", "模型", "a b", "😀"})
    void aModelIsRoutedByItsExactName(String model) {
        channels.put(model, null, FAST);

        assertThat(channels.route(CHAT, model)).isEqualTo(FAST);
        assertThat(channels.get(model).model()).isEqualTo(model);
        assertNoRoute(CHAT, model.toUpperCase() + "x");
        assertNoRoute(CHAT, model + " ");
    }

    @Test
    void namesThatDifferInCaseAreDifferentModels() {
        channels.put("Model", null, FAST);
        channels.put("model", null, SLOW);

        assertThat(channels.route(CHAT, "Model")).isEqualTo(FAST);
        assertThat(channels.route(CHAT, "model")).isEqualTo(SLOW);
    }

    @Test
    void aChannelOfOneEndpointServesNoOther() {
        channels.put("gpt-4", CHAT, FAST);

        assertThat(channels.route(CHAT, "gpt-4")).isEqualTo(FAST);
        assertThatThrownBy(() -> channels.route("/v1/embeddings", "gpt-4"))
                .isInstanceOf(Refused.class)
                .hasMessageContaining(CHAT)
                .hasMessageContaining("/v1/embeddings");
    }

    @Test
    void aTaskWithoutModelOrChannelIsToldWhatToDo() {
        assertNoRoute(CHAT, null);
        assertNoRoute(CHAT, "");
        assertThatThrownBy(() -> channels.route(CHAT, "unheard-of"))
                .hasMessageContaining("unheard-of")
                .hasMessageContaining("PUT /v1/channels/");
        assertNoRoute(CHAT, "m".repeat(100_000));
    }

    @Test
    void aChangeIsSeenAtOnceHereAndWithinASecondElsewhere() {
        Channels elsewhere = instance();
        channels.put("gpt-4", null, FAST);
        assertThat(elsewhere.route(CHAT, "gpt-4")).isEqualTo(FAST);

        channels.put("gpt-4", null, SLOW);
        assertThat(channels.route(CHAT, "gpt-4")).isEqualTo(SLOW);
        nanos += Duration.ofSeconds(1).toNanos();
        assertThat(elsewhere.route(CHAT, "gpt-4")).isEqualTo(SLOW);

        channels.delete("gpt-4");
        assertNoRoute(CHAT, "gpt-4");
        nanos += Duration.ofSeconds(1).toNanos();
        assertThatThrownBy(() -> elsewhere.route(CHAT, "gpt-4")).isInstanceOf(Refused.class);
    }

    @Test
    void manyThatCreateTheSameChannelAllSucceed() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Channel>> puts = new ArrayList<>();
            for (int i = 0; i < 80; i++) {
                String model = "model " + i / 8;
                puts.add(() -> channels.put(model, null, FAST));
            }
            for (Future<Channel> put : threads.invokeAll(puts)) {
                assertThat(put.get().queue()).isEqualTo(FAST);
            }
        } finally {
            threads.shutdown();
        }
        assertThat(channels.list(100, null)).hasSize(10);
    }

    @Test
    void channelsAreListedByModelPageByPage() {
        List.of("c", "a/1", "b").forEach(model -> channels.put(model, null, FAST));

        assertThat(channels.list(2, null)).extracting(Channel::model).containsExactly("a/1", "b");
        assertThat(channels.list(2, "b")).extracting(Channel::model).containsExactly("c");
    }

    @Test
    void whatIsNotThereCannotBeReadOrDeleted() {
        assertReason(Reason.UNKNOWN, () -> channels.get("none"));
        assertReason(Reason.UNKNOWN, () -> channels.delete("none"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", " a", "a ", "a\nb", "\ud800"})
    void namesThatMariaDbWouldNotKeepApartAreRefused(String model) {
        assertReason(Reason.INVALID, () -> channels.put(model, null, FAST));
        assertReason(Reason.INVALID, () -> channels.put("good", model, FAST));
    }

    private void assertNoRoute(String endpoint, String model) {
        assertReason(Reason.INVALID, () -> channels.route(endpoint, model));
    }

    private static void assertReason(Reason reason, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.reason())
                .isEqualTo(reason));
    }
}
