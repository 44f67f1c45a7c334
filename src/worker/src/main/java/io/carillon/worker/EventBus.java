package io.carillon.worker;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import redis.clients.jedis.JedisPooled;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.XAddParams;

/**
 * The short way to those who wait: events go straight to the Redis stream of the instance that holds the caller, as Bella-Queue's
 * SDK sends them (contract bella-queue 14). Asks the server where the bus is when it is first used, and again when its connection
 * breaks, for the bus may have moved. Safe for many threads.
 */
final class EventBus implements AutoCloseable {
    private static final long KEPT_MILLIS = 30 * 60 * 1000L;

    private final Connection connection;
    private JedisPooled redis;
    private String topic;

    EventBus(Connection connection) {
        this.connection = connection;
    }

    /** Whether somebody waits for the task on an instance. */
    static boolean serves(Task task) {
        return task.instance() != null
                && ("blocking".equals(task.responseMode()) || "streaming".equals(task.responseMode()));
    }

    /** @throws IOException when it could not be appended */
    void progress(Task task, Progress progress) throws IOException, InterruptedException {
        append(task, "task-progress-event", payload(task, out -> {
            if (progress.id() != null) {
                out.writeStringField("eventId", progress.id());
            }
            if (progress.name() != null) {
                out.writeStringField("eventName", progress.name());
            }
            out.writeFieldName("eventData");
            out.writeRawValue(progress.data());
        }));
    }

    /** @throws IOException when it could not be appended */
    void complete(Task task, Result result) throws IOException, InterruptedException {
        append(task, "task-completion-event", payload(task, out -> {
            out.writeFieldName("result");
            out.writeRawValue(result.json());
        }));
    }

    private void append(Task task, String name, String payload) throws IOException, InterruptedException {
        long now = System.currentTimeMillis();
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("name", name);
        fields.put("from", "");
        fields.put("payload", payload);
        fields.put("context", "");
        fields.put("timestamp", Long.toString(now));
        JedisPooled used = connected();
        try {
            used.xadd(topic + task.instance(), XAddParams.xAddParams().minId(Long.toString(now - KEPT_MILLIS)), fields);
        } catch (JedisException broken) {
            drop(used);
            throw new IOException("The event bus does not take an event: " + broken.getMessage(), broken);
        }
    }

    private synchronized JedisPooled connected() throws IOException, InterruptedException {
        if (redis == null) {
            Connection.BusAddress address = connection.eventBus();
            topic = address.topic();
            redis = new JedisPooled(address.url());
        }
        return redis;
    }

    private synchronized void drop(JedisPooled broken) {
        if (redis == broken) {
            redis = null;
            broken.close();
        }
    }

    @Override
    public synchronized void close() {
        if (redis != null) {
            redis.close();
            redis = null;
        }
    }

    private interface Fields {
        void write(JsonGenerator out) throws IOException;
    }

    private static String payload(Task task, Fields fields) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = Result.JSON.createGenerator(text)) {
            out.writeStartObject();
            out.writeStringField("taskId", task.id());
            if (task.attempt() > 0) {
                out.writeNumberField("attempt", task.attempt());
            }
            fields.write(out);
            out.writeEndObject();
        }
        return text.toString();
    }
}
