package io.carillon.task;

import io.carillon.platform.json.RawJson;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A task to be put, of which a test says only what matters: else it is offline at level 1 and nobody is called back. */
final class ATask {
    private final Engine engine;
    private Queue queue;
    private int level = 1;
    private ResponseMode mode = ResponseMode.CALLBACK;
    private RawJson data = RawJson.of("{\"model\":\"m\"}");
    private Duration life = Duration.ofHours(1);
    private String instance;
    private String owner = "ck_test";
    private String callbackUrl;
    private String traceId;
    private String batchId;
    private String customId;
    private String group;
    private Retries retries = Retries.USUAL;
    private Due due = Due.AT_ONCE;

    ATask(Engine engine, Queue queue) {
        this.engine = engine;
        this.queue = queue;
    }

    ATask of(Queue another) {
        queue = another;
        return this;
    }

    ATask level(int value) {
        level = value;
        return this;
    }

    ATask online() {
        return level(0);
    }

    /** Its caller waits for the answer, on that instance. */
    ATask blocking(String holder) {
        level = 0;
        mode = ResponseMode.BLOCKING;
        instance = holder;
        return this;
    }

    ATask callingBack() {
        callbackUrl = "https://example.com/done";
        return this;
    }

    ATask callingBack(String url) {
        callbackUrl = url;
        return this;
    }

    ATask data(String json) {
        data = RawJson.of(json);
        return this;
    }

    ATask living(Duration time) {
        life = time;
        return this;
    }

    ATask by(String key) {
        owner = key;
        return this;
    }

    ATask traced(String id) {
        traceId = id;
        return this;
    }

    ATask inBatch(String id, String custom) {
        batchId = id;
        customId = custom;
        return this;
    }

    ATask inGroup(String name) {
        group = name;
        return this;
    }

    ATask retrying(Retries wish) {
        retries = wish;
        return this;
    }

    ATask dueAfter(Duration delay) {
        due = Due.after(delay);
        return this;
    }

    NewTask make() {
        return new NewTask(
                engine.tasks.newId(queue, new Level(level), mode),
                new Specification(
                        queue.name().text(), queue.endpoint(), owner, callbackUrl, traceId, batchId, customId, group),
                data,
                life,
                instance,
                retries,
                due);
    }

    /** Puts it and waits until that is done. */
    TaskId put() {
        NewTask task = make();
        Waiting.on(engine.tasks.put(task));
        return task.id();
    }

    /** Puts several, one after the other. */
    List<TaskId> put(int count) {
        List<TaskId> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add(put());
        }
        return ids;
    }
}
