package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.it.support.Answer;
import io.carillon.it.support.CallbackReceiver.Inbox;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tasks that nobody wants any more: contract 11. */
class CancelIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();

    private static void cancelled(Server server, String id) {
        Answer answer = server.cancel(id);
        assertThat(answer.expect(202).text()).isEqualTo("\"" + id + "\"");
    }

    private static void refused(Answer complete) {
        assertThat(complete.expect(200).header("X-Carillon-Accepted")).contains("false");
    }

    /** A callback that is sent later arrives; so none was on its way for the cancelled one. */
    private void nothingComesTo(Inbox inbox) {
        Inbox other = Whole.receiver().inbox();
        a.complete(a.putTask(Put.offline(a.newQueue()).callback(other.url())), "{}")
                .expect(200);
        other.await(1);
        assertThat(inbox.received()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aWaitingTaskIsNotDeliveredAnyMore(int level) {
        String queue = a.newQueue();
        Inbox inbox = Whole.receiver().inbox();
        String id = a.putTask(Put.online(queue).level(level).callback(inbox.url()));
        String next = a.putTask(Put.online(queue).level(level));

        cancelled(b, id);

        assertThat(a.take("fifo", 5, queue + ":" + level)).containsExactly(next);
        assertThat(a.status(id)).isEqualTo("cancelled");
        refused(a.complete(id, "{\"body\":1}"));
        assertThat(a.task(id).json().has("result")).isFalse();
        nothingComesTo(inbox);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void theResultOfACancelledTaskIsRefused(int level) {
        String queue = a.newQueue();
        Inbox inbox = Whole.receiver().inbox();
        String id = a.putTask(Put.online(queue).level(level).callback(inbox.url()));
        a.takeOne(queue + ":" + level);

        cancelled(b, id);

        refused(a.complete(id, "{\"body\":1}"));
        assertThat(b.status(id)).isEqualTo("cancelled");
        nothingComesTo(inbox);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aCancelledTaskIsNotDeliveredAgainWhenItsLeaseEnds(int level) {
        String queue = a.newQueue();
        String id = a.putTask(Put.online(queue).level(level));
        a.takeOne(queue + ":" + level, ",\"process_timeout\":1,\"process_max_retries\":5");
        cancelled(a, id);
        String lost = a.putTask(Put.online(queue).level(level));
        a.takeOne(queue + ":" + level, ",\"process_timeout\":1,\"process_max_retries\":5");

        assertThat(Server.id(a.takeOne(queue + ":" + level))).isEqualTo(lost);
        assertThat(a.take("fifo", 5, queue + ":" + level)).isEmpty();
        assertThat(a.status(id)).isEqualTo("cancelled");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aFinishedTaskStaysAsItIs(int level) {
        String queue = a.newQueue();
        String id = a.putTask(Put.online(queue).level(level));
        a.complete(id, "{\"body\":1}").expect(200);

        cancelled(a, id);

        assertThat(a.status(id)).isEqualTo("succeeded");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void cancellingTwiceIsTheSame(int level) {
        String id = a.putTask(Put.online(a.newQueue()).level(level));

        cancelled(a, id);
        cancelled(b, id);

        assertThat(a.status(id)).isEqualTo("cancelled");
    }

    @Test
    void anUnknownTaskIs202Too() {
        cancelled(a, "TASK-1-1-C-261122093258-0001-999999");
        cancelled(a, "TASK-99999999-1-C-261122093258-0001-999999");
    }

    @Test
    void clearingALevelCancelsWhatWaitsThere() {
        Server creator = a.withNewKey("producer");
        String queue = creator.newQueue();
        String running = a.putTask(Put.offline(queue));
        a.takeOne(queue + ":1");
        String waiting = a.putTask(Put.offline(queue));
        String online = a.putTask(Put.online(queue));

        Answer answer = creator.post("/v1/console/" + queue + ":1/clear");

        assertThat(answer.expect(200).text()).isEqualTo("\"" + queue + ":1\"");
        assertThat(a.take("fifo", 5, queue + ":1")).isEmpty();
        assertThat(a.status(waiting)).isEqualTo("cancelled");
        assertThat(a.status(running)).isEqualTo("queued");
        assertThat(a.take("fifo", 5, queue + ":0")).containsExactly(online);
        assertThat(a.withNewKey("producer")
                        .post("/v1/console/" + queue + ":1/clear")
                        .status())
                .isEqualTo(403);
    }
}
