package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.CallbackReceiver;
import io.carillon.it.support.CallbackReceiver.Inbox;
import io.carillon.it.support.CallbackReceiver.Received;
import io.carillon.it.support.Payloads;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Results by callback: contract 9. */
class CallbackIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();
    private final CallbackReceiver receiver = Whole.receiver();

    static Stream<Arguments> levelsAndStrategies() {
        return Stream.of(0, 1).flatMap(level -> Stream.of("fifo", "round_robin", "active_passive", "sequential")
                .map(strategy -> Arguments.of(level, strategy)));
    }

    @ParameterizedTest
    @MethodSource("levelsAndStrategies")
    void aTaskTakenWithAnyStrategyCallsBackExactlyOnce(int level, String strategy) {
        String queue = a.newQueue();
        String name = queue + ":" + level;
        Inbox inbox = receiver.inbox();
        String id = a.putTask(Put.online(queue).level(level).callback(inbox.url()));

        assertThat(a.take(strategy, 1, name)).containsExactly(id);
        a.complete(id, "{\"status_code\":200,\"body\":{\"answer\":42}}").expect(200);
        a.complete(id, "{\"status_code\":200,\"body\":{\"answer\":42}}").expect(200);
        b.complete(id, "{\"status_code\":200,\"body\":{\"answer\":43}}").expect(200);

        assertThat(inbox.await(1).text()).isEqualTo("{\"status_code\":200,\"body\":{\"answer\":42}}");
        nothingElseComesTo(inbox, 1);
    }

    /** A callback that is sent later arrives at another address; so nothing was still on its way to the first. */
    private void nothingElseComesTo(Inbox inbox, int count) {
        for (int round = 0; round < 2; round++) {
            String queue = a.newQueue();
            Inbox other = receiver.inbox();
            String id = a.putTask(Put.offline(queue).callback(other.url()));
            (round == 0 ? a : b).complete(id, "{}").expect(200);
            other.await(1);
        }
        assertThat(inbox.received()).hasSize(count);
    }

    static Stream<Arguments> results() {
        return Payloads.objects()
                .map(body -> "{\"status_code\":200,\"request_id\":\"r\",\"body\":" + body + "}")
                .flatMap(result -> Stream.of(Arguments.of(0, result), Arguments.of(1, result)));
    }

    @ParameterizedTest(name = "level {0}, case {index}")
    @MethodSource("results")
    void theCallbackIsWhatTheWorkerSentToTheByte(int level, String result) {
        String queue = a.newQueue();
        Inbox inbox = receiver.inbox();
        String id = a.putTask(Put.online(queue).level(level).callback(inbox.url()));

        a.takeOne(queue + ":" + level);
        a.complete(id, result).expect(200);

        Received received = inbox.await(1);
        assertThat(received.text()).isEqualTo(result);
        assertThat(received.method()).isEqualTo("POST");
        assertThat(received.headers().getFirst("Content-Type")).isEqualTo("application/json; charset=utf-8");
    }

    @Test
    void theCallbackSaysWhichTaskItIsOfAndWhichAttemptItIs() {
        Inbox inbox = receiver.inbox();
        String id = a.putTask(Put.offline(a.newQueue()).callback(inbox.url()));
        a.complete(id, "{}").expect(200);

        Received received = inbox.await(1);

        assertThat(received.headers().getFirst("X-Task-Id")).isEqualTo(id);
        assertThat(received.headers().getFirst("X-Carillon-Attempt")).isEqualTo("1");
    }

    @ParameterizedTest
    @CsvSource({"0, 503", "1, 503", "1, 500", "1, 429", "1, 408"})
    void aReceiverThatIsNotWellIsTriedAgainAndGetsTheSame(int level, int status) {
        Inbox inbox = receiver.answering(status);
        String id = a.putTask(Put.online(a.newQueue()).level(level).callback(inbox.url()));
        a.complete(id, "{\"body\":[1,null]}").expect(200);

        assertThat(inbox.await(2).text()).isEqualTo("{\"body\":[1,null]}");
        assertThat(inbox.received().get(0).text()).isEqualTo("{\"body\":[1,null]}");
        assertThat(inbox.received().get(1).headers().getFirst("X-Carillon-Attempt"))
                .isEqualTo("2");
    }

    @Test
    void aReceiverThatNeverAnswersHoldsUpNobodyElse() {
        String queue = a.newQueue();
        for (int i = 0; i < 20; i++) {
            Inbox hanging = receiver.answering(0, 0, 0, 0);
            a.complete(a.putTask(Put.offline(queue).callback(hanging.url())), "{}")
                    .expect(200);
        }
        Inbox inbox = receiver.inbox();

        a.complete(a.putTask(Put.offline(queue).callback(inbox.url())), "{\"body\":1}")
                .expect(200);

        assertThat(inbox.await(1).text()).isEqualTo("{\"body\":1}");
    }

    @Test
    void theResultOfATaskThatNobodyTookCountsAndTheTaskIsGone() {
        String queue = a.newQueue();
        Inbox inbox = receiver.inbox();
        String online = a.putTask(Put.online(queue).callback(inbox.url()));
        String offline = a.putTask(Put.offline(queue).callback(inbox.url()));

        a.complete(online, "{\"body\":0}").expect(200);
        b.complete(offline, "{\"body\":1}").expect(200);

        inbox.await(2);
        assertThat(inbox.received().stream().map(Received::text))
                .containsExactlyInAnyOrder("{\"body\":0}", "{\"body\":1}");
        assertThat(a.take("fifo", 5, queue + ":0", queue + ":1")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aTaskWithoutAnAddressIsCompletedAllTheSame(int level) {
        String queue = a.newQueue();
        String id = a.putTask(Put.online(queue).level(level));
        a.takeOne(queue + ":" + level);

        a.complete(id, "{\"body\":1}").expect(200);

        assertThat(a.status(id)).isEqualTo("succeeded");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aTaskThatExpiresIsNotDeliveredAndCallsBackOnceWith408(int level) {
        String queue = a.newQueue();
        Inbox inbox = receiver.inbox();
        String id =
                a.putTask(Put.online(queue).level(level).callback(inbox.url()).timeout(1));

        assertThat(inbox.await(1).text()).isEqualTo("{\"status_code\":\"408\",\"request_id\":\"" + id + "\"}");
        assertThat(a.take("fifo", 1, queue + ":" + level)).isEmpty();
        assertThat(a.status(id)).isEqualTo("timeout");
        assertThat(a.complete(id, "{\"body\":1}").expect(200).header("X-Carillon-Accepted"))
                .contains("false");
        nothingElseComesTo(inbox, 1);
    }

    @Test
    void aWorkersFailureIsAResultLikeAnyOther() {
        Inbox inbox = receiver.inbox();
        String id = a.putTask(Put.offline(a.newQueue()).callback(inbox.url()));

        a.complete(id, "{\"status_code\":500,\"body\":{\"error\":\"boom\"}}").expect(200);

        assertThat(inbox.await(1).text()).isEqualTo("{\"status_code\":500,\"body\":{\"error\":\"boom\"}}");
        assertThat(a.status(id)).isEqualTo("succeeded");
    }

    @Test
    void completingAnUnknownTaskIs200AndSaysThatItCountedForNothing() {
        String id = a.putTask(Put.offline(a.newQueue())).replaceFirst("\\d{6}$", "999999");

        assertThat(a.complete(id, "{}").expect(200).text()).isEqualTo("\"" + id + "\"");
        assertThat(a.complete(id, "{}").header("X-Carillon-Accepted")).contains("false");
        assertError(a.complete(id, "{\"attempt\":1}"), 404);
    }

    @Test
    void aResultOfAnOlderAttemptIsAConflict() {
        String queue = a.newQueue();
        String id = a.putTask(Put.offline(queue));
        JsonNode first = a.takeOne(queue + ":1", ",\"process_timeout\":1,\"process_max_retries\":3");
        JsonNode second = a.takeOne(queue + ":1");
        assertThat(second.path("attempt").asInt())
                .isGreaterThan(first.path("attempt").asInt());

        assertError(a.complete(id, "{\"attempt\":" + first.path("attempt") + ",\"body\":1}"), 409);
        a.complete(id, "{\"attempt\":" + second.path("attempt") + ",\"body\":2}")
                .expect(200);

        assertThat(a.task(id).json().path("result").path("body").asInt()).isEqualTo(2);
    }
}
