package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.it.support.CallbackReceiver.Inbox;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What ended long ago is removed. */
class RetentionIT {
    private final Server a = Whole.a();

    @Test
    @Timeout(180)
    void whatEndedLongerAgoThanItsQueueKeepsItIsGone() {
        String brief = a.newQueue();
        String lasting = a.newQueue();
        a.send(a.request("/v1/queues/" + brief)
                        .header("Content-Type", "application/json")
                        .method("PATCH", BodyPublishers.ofString("{\"retention_seconds\":60}"))
                        .build())
                .expect(200);
        String goes = ended(brief);
        String stays = ended(lasting);
        String open = a.putTask(Put.offline(brief));

        // a minute of retention, and a turn every ten seconds
        Eventually.get(Duration.ofSeconds(120), () -> a.task(goes), answer -> answer.status() == 404);

        Eventually.get(
                Duration.ofSeconds(30),
                () -> a.get("/v1/queue/" + goes + "/callbacks"),
                answer -> answer.status() == 404);
        assertError(a.post("/v1/queue/" + goes + "/callbacks/replay"), 404);
        assertThat(a.status(stays)).isEqualTo("succeeded");
        assertThat(a.get("/v1/queue/" + stays + "/callbacks").expect(200).json().path("data"))
                .hasSize(1);
        assertThat(a.status(open)).isEqualTo("waiting");
    }

    private String ended(String queue) {
        Inbox inbox = Whole.receiver().inbox();
        String id = a.putTask(Put.offline(queue).callback(inbox.url()));
        a.complete(id, "{\"body\":1}").expect(200);
        inbox.await(1);
        return id;
    }
}
