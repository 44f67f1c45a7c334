package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.CallbackReceiver;
import io.carillon.it.support.CallbackReceiver.Inbox;
import io.carillon.it.support.CallbackReceiver.Received;
import io.carillon.it.support.Eventually;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What became of callbacks, sending them again, and how they are signed. */
class CallbackLogIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();
    private final CallbackReceiver receiver = Whole.receiver();

    private String ended(Server producer, String queue, int level, Inbox inbox) {
        String id = producer.putTask(Put.online(queue).level(level).callback(inbox.url()));
        a.complete(id, "{\"body\":1}").expect(200);
        return id;
    }

    private static JsonNode callback(Server server, String id, String state) {
        return Eventually.get(
                () -> server.get("/v1/queue/" + id + "/callbacks")
                        .expect(200)
                        .json()
                        .path("data")
                        .path(0),
                callback -> callback.path("state").asText().equals(state));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void everyAttemptIsInTheDeliveryLog(int level) {
        String queue = a.newQueue();
        Inbox inbox = receiver.answering(503);

        String id = ended(a, queue, level, inbox);

        JsonNode callback = callback(b, id, "delivered");
        assertThat(callback.path("task_id").asText()).isEqualTo(id);
        assertThat(callback.path("queue").asText()).isEqualTo(queue);
        assertThat(callback.path("url").asText()).isEqualTo(inbox.url());
        assertThat(callback.path("attempt_count").asInt()).isEqualTo(2);
        assertThat(callback.path("last_status").asInt()).isEqualTo(200);
        assertThat(callback.path("delivered_at").asLong())
                .isBetween(callback.path("created_at").asLong(), System.currentTimeMillis() + 10_000);
        JsonNode attempts = callback.path("attempts");
        assertThat(attempts).hasSize(2);
        assertThat(attempts.get(0).path("status").asInt()).isEqualTo(503);
        assertThat(attempts.get(1).path("status").asInt()).isEqualTo(200);
        assertThat(attempts.get(0).path("duration_ms").isInt()).isTrue();
        assertThat(attempts.get(1).path("at").asLong())
                .isGreaterThan(attempts.get(0).path("at").asLong());
    }

    @Test
    void aTaskThatRunsHasNoCallbackYet() {
        String id =
                a.putTask(Put.offline(a.newQueue()).callback(receiver.inbox().url()));

        assertThat(a.get("/v1/queue/" + id + "/callbacks").expect(200).text())
                .isEqualTo("{\"object\":\"list\",\"data\":[],\"has_more\":false}");
        assertError(a.post("/v1/queue/" + id + "/callbacks/replay"), 404);
        assertError(a.get("/v1/queue/" + id.replaceFirst("\\d{6}$", "999999") + "/callbacks"), 404);
        assertError(a.get("/v1/queue/nonsense/callbacks"), 400);
    }

    @Test
    void aReplayedCallbackComesOnceMore() {
        Inbox inbox = receiver.inbox();
        String id = ended(a, a.newQueue(), 1, inbox);
        callback(a, id, "delivered");

        JsonNode replayed =
                b.post("/v1/queue/" + id + "/callbacks/replay").expect(202).json();

        assertThat(replayed.path("task_id").asText()).isEqualTo(id);
        assertThat(inbox.await(2).text()).isEqualTo("{\"body\":1}");
        assertThat(callback(a, id, "delivered").path("attempts")).hasSize(2);
    }

    @Test
    void thoseThatWereGivenUpAreListedAndReplayedTogether() {
        String queue = a.newQueue();
        Inbox first = receiver.answering(404, 404, 404, 404);
        Inbox second = receiver.answering(404, 404, 404, 404);
        Inbox well = receiver.inbox();
        String one = ended(a, queue, 1, first);
        String two = ended(a, queue, 0, second);
        String good = ended(a, queue, 1, well);
        callback(a, good, "delivered");
        List<String> given = Eventually.get(
                Duration.ofSeconds(45),
                () -> ids(a, "/v1/callbacks?state=failed&queue=" + queue),
                all -> all.size() == 2);
        assertThat(given).containsExactlyInAnyOrder(one, two);
        assertThat(ids(b, "/v1/callbacks?state=failed&limit=1&queue=" + queue)).containsExactly(given.get(0));
        assertThat(ids(b, "/v1/callbacks?state=failed&limit=1&queue=" + queue + "&after=" + given.get(0)))
                .containsExactly(given.get(1));

        JsonNode replayed = b.post("/v1/callbacks/replay", "{\"queue\":\"" + queue + "\"}")
                .expect(202)
                .json();

        assertThat(replayed.path("replayed").asInt()).isEqualTo(2);
        first.await(5);
        second.await(5);
        callback(a, one, "delivered");
        callback(a, two, "delivered");
        assertThat(ids(a, "/v1/callbacks?state=failed&queue=" + queue)).isEmpty();
        assertThat(ids(a, "/v1/callbacks?queue=" + queue)).hasSize(3);
        assertThat(well.received()).hasSize(1);
    }

    private static List<String> ids(Server server, String path) {
        return server.get(path).expect(200).json().path("data").findValuesAsText("task_id");
    }

    @Test
    void anothersCallbackIs404() {
        String queue = a.newQueue();
        Server producer = a.withNewKey("producer");
        Server other = a.withNewKey("producer");
        String id = ended(producer, queue, 1, receiver.inbox());
        callback(producer, id, "delivered");

        assertError(other.get("/v1/queue/" + id + "/callbacks"), 404);
        assertError(other.post("/v1/queue/" + id + "/callbacks/replay"), 404);
        assertThat(ids(other, "/v1/callbacks")).isEmpty();
        assertThat(ids(producer, "/v1/callbacks")).containsExactly(id);
        assertThat(other.post("/v1/callbacks/replay", "{\"state\":\"delivered\"}")
                        .expect(202)
                        .json()
                        .path("replayed")
                        .asInt())
                .isZero();
        assertThat(ids(a, "/v1/callbacks?queue=" + queue)).containsExactly(id);
        assertError(a.withNewKey("worker").get("/v1/callbacks"), 403);
    }

    @Test
    void whatIsWrongWithAListOrAReplayIsSaid() {
        assertError(a.get("/v1/callbacks?state=lost"), 400).naming("state");
        assertError(a.get("/v1/callbacks?limit=0"), 400).naming("limit");
        assertError(a.get("/v1/callbacks?after=x"), 400);
        assertError(a.get("/v1/callbacks?queue=unheard-of"), 404);
        assertError(a.post("/v1/callbacks/replay", "{\"state\":\"pending\"}"), 400)
                .naming("state");
    }

    @Test
    void callbacksAreSignedWithTheSecretsOfTheKeyThatPut() {
        Server producer = a.withNewKey("producer");
        String queue = a.newQueue();
        String keyId = producer.task(producer.putTask(Put.offline(queue)))
                .expect(200)
                .json()
                .path("ak")
                .asText();
        Inbox inbox = receiver.inbox();
        ended(producer, queue, 1, inbox);
        assertThat(inbox.await(1).headers().containsKey("webhook-signature")).isFalse();

        String path = "/v1/keys/" + keyId + "/callback-secrets";
        JsonNode old = producer.post(path).expect(201).json();
        ended(producer, queue, 1, inbox);
        assertThat(signatures(inbox.await(2))).containsExactly(signature(inbox.await(2), old));

        JsonNode current =
                producer.post(path, "{\"grace_seconds\":600}").expect(201).json();
        ended(producer, queue, 0, inbox);
        Received both = inbox.await(3);
        assertThat(signatures(both)).containsExactly(signature(both, current), signature(both, old));

        JsonNode listed = a.get(path).expect(200).json().path("data");
        assertThat(listed.findValuesAsText("id"))
                .containsExactly(current.path("id").asText(), old.path("id").asText());
        assertThat(listed.toString()).doesNotContain("whsec_");
        assertThat(listed.get(1).has("expires_at")).isTrue();

        producer.delete(path + "/" + old.path("id").asText()).expect(200);
        ended(producer, queue, 1, inbox);
        assertThat(signatures(inbox.await(4))).containsExactly(signature(inbox.await(4), current));
    }

    @Test
    void theSecretOfTheQueueWins() {
        String queue = a.newQueue();
        Inbox inbox = receiver.inbox();
        a.post("/v1/keys/ck_admin/callback-secrets", "{\"grace_seconds\":0}").expect(201);
        JsonNode secret =
                a.post("/v1/queues/" + queue + "/callback-secrets").expect(201).json();

        ended(a, queue, 1, inbox);

        assertThat(signatures(inbox.await(1))).containsExactly(signature(inbox.await(1), secret));
        a.get("/v1/keys/ck_admin/callback-secrets").json().path("data").forEach(mine -> a.delete(
                        "/v1/keys/ck_admin/callback-secrets/" + mine.path("id").asText())
                .expect(200));
    }

    @Test
    void secretsAreForTheirOwnersAndAdmins() {
        Server producer = a.withNewKey("producer");
        String queue = a.newQueue();

        assertError(producer.get("/v1/keys/ck_admin/callback-secrets"), 404);
        assertError(producer.post("/v1/keys/ck_unknown/callback-secrets"), 404);
        assertError(producer.post("/v1/queues/" + queue + "/callback-secrets"), 403);
        assertError(a.withNewKey("worker").get("/v1/keys/ck_admin/callback-secrets"), 403);
        assertError(a.post("/v1/keys/ck_unknown/callback-secrets"), 404);
        assertError(a.post("/v1/queues/unheard-of/callback-secrets"), 404);
        assertError(a.delete("/v1/queues/" + queue + "/callback-secrets/cs_1x"), 404);
        assertError(a.post("/v1/queues/" + queue + "/callback-secrets", "{\"grace_seconds\":-1}"), 400)
                .naming("grace_seconds");
    }

    private static List<String> signatures(Received received) {
        return Arrays.asList(received.headers().getFirst("webhook-signature").split(" "));
    }

    /** As a receiver reckons it. */
    private static String signature(Received received, JsonNode secret) {
        String text = secret.path("secret").asText();
        assertThat(text).startsWith("whsec_");
        String signed = received.headers().getFirst("webhook-id") + "."
                + received.headers().getFirst("webhook-timestamp") + "." + received.text();
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(text.substring("whsec_".length())), "HmacSHA256"));
            return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
