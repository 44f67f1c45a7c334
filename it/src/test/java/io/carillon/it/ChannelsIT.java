package io.carillon.it;

import static io.carillon.it.support.ErrorAssert.assertError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Routing by model: contract 6.4. */
class ChannelsIT {
    private final Server a = Whole.a();
    private final Server b = Whole.b();
    private final String model = "m-" + UUID.randomUUID();

    private Answer put(Server server, String data) {
        return server.post("/v1/queue/put", "{\"endpoint\":\"/v1/x\",\"data\":" + data + ",\"level\":1}");
    }

    @Test
    void aPutWithoutAQueueGoesWhereItsModelLeads() {
        String queue = a.newQueue();
        a.put("/v1/channels/" + model, "{\"queue\":\"" + queue + "\"}").expect(200);

        String id = put(a, "{\"model\":\"" + model + "\",\"x\":null}")
                .expect(200)
                .json()
                .path("data")
                .asText();

        JsonNode task = a.takeOne(queue + ":1");
        assertThat(Server.id(task)).isEqualTo(id);
        assertThat(task.path("queue").asText()).isEqualTo(queue);
    }

    @Test
    void aBlankQueueIsNone() {
        String queue = a.newQueue();
        a.put("/v1/channels/" + model, "{\"queue\":\"" + queue + "\"}").expect(200);

        a.post(
                        "/v1/queue/put",
                        "{\"endpoint\":\"/v1/x\",\"queue\":\" \",\"level\":1,\"data\":{\"model\":\"" + model + "\"}}")
                .expect(200);

        a.takeOne(queue + ":1");
    }

    @Test
    void aModelMayHaveASlashInItsName() {
        String queue = a.newQueue();
        a.put("/v1/channels/meta/" + model, "{\"queue\":\"" + queue + "\"}").expect(200);

        put(a, "{\"model\":\"meta/" + model + "\"}").expect(200);

        assertThat(b.get("/v1/channels/meta%2F" + model)
                        .expect(200)
                        .json()
                        .path("queue")
                        .asText())
                .isEqualTo(queue);
    }

    @Test
    void aChannelOfAnEndpointIsForThatAlone() {
        String queue = a.newQueue();
        a.put("/v1/channels/" + model, "{\"queue\":\"" + queue + "\",\"endpoint\":\"/v1/y\"}")
                .expect(200);

        assertError(put(a, "{\"model\":\"" + model + "\"}"), 400);
    }

    @Test
    void withoutAModelThatLeadsSomewhereThePutIsRefused() {
        assertError(put(a, "{}"), 400).naming("model");
        assertError(put(a, "{\"model\":\" \"}"), 400).naming("model");
        assertError(put(a, "{\"model\":null}"), 400).naming("model");
        assertError(put(a, "{\"model\":7}"), 400);
        assertError(put(a, "{\"model\":\"" + model + "\"}"), 400).naming(model);
    }

    @Test
    void aRemovedChannelLeadsNowhere() {
        a.put("/v1/channels/" + model, "{\"queue\":\"" + a.newQueue() + "\"}").expect(200);

        a.delete("/v1/channels/" + model).expect(200);

        assertError(a.get("/v1/channels/" + model), 404);
        assertError(a.delete("/v1/channels/" + model), 404);
        assertError(put(a, "{\"model\":\"" + model + "\"}"), 400);
    }

    @Test
    void aScriptOfTheGatewayBindsAModelToAQueue() {
        String queue = a.newQueue();
        a.post(
                        "/console/metadata/channel",
                        "{\"entityType\":\"model\",\"entityCode\":\"" + model
                                + "\",\"protocol\":\"x\",\"supplier\":\"y\",\"channelInfo\":\"{}\",\"priceInfo\":\"{}\","
                                + "\"queueMode\":2,\"queueName\":\"" + queue + "\"}")
                .expect(200);

        put(a, "{\"model\":\"" + model + "\"}").expect(200);

        a.takeOne(queue + ":1");
    }
}
