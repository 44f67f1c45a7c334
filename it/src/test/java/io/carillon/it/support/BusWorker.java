package io.carillon.it.support;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import redis.clients.jedis.JedisPooled;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.params.XAddParams;

/** A worker that tells events as the Bella SDK does: appended to the instance's stream in Redis. */
public final class BusWorker implements AutoCloseable {
    private static final long KEPT_MILLIS = 30 * 60 * 1000L;

    private final JedisPooled redis;
    private final String topic;

    /** Asks the server where the bus is, as the SDK does once at its start. */
    public BusWorker(Server server) {
        JsonNode bus = server.get("/v1/queue/eventbus").expect(200).json();
        this.redis = new JedisPooled(URI.create(bus.required("url").textValue()));
        this.topic = bus.required("topic").textValue();
    }

    /**
     * @param task as it was taken
     * @param result a completion in JSON
     */
    public void complete(JsonNode task, String result) {
        append(task, "task-completion-event", "{\"taskId\":\"" + Server.id(task) + "\",\"result\":" + result + "}");
    }

    /** @param data any JSON */
    public void progress(JsonNode task, String eventId, String eventName, String data) {
        append(
                task,
                "task-progress-event",
                "{\"taskId\":\"" + Server.id(task) + "\",\"eventId\":\"" + eventId + "\",\"eventName\":\"" + eventName
                        + "\",\"eventData\":" + data + "}");
    }

    /** Appends any event for the instance that the task names. */
    public StreamEntryID append(JsonNode task, String name, String payload) {
        long now = System.currentTimeMillis();
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("name", name);
        fields.put("from", "");
        fields.put("payload", payload);
        fields.put("context", "");
        fields.put("timestamp", Long.toString(now));
        return append(task, fields, now - KEPT_MILLIS);
    }

    /** Appends an entry with any fields, and trims those that are older. */
    public StreamEntryID append(JsonNode task, Map<String, String> fields, long olderThan) {
        return redis.xadd(
                topic + task.required("instance_id").textValue(),
                XAddParams.xAddParams().minId(Long.toString(olderThan)),
                fields);
    }

    /** The connection itself, for those who try what they may not. */
    public JedisPooled redis() {
        return redis;
    }

    public String topic() {
        return topic;
    }

    @Override
    public void close() {
        redis.close();
    }
}
