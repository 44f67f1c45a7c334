package io.carillon.task;

import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.redisson.api.RMap;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.client.codec.Codec;
import org.redisson.client.codec.StringCodec;
import org.redisson.codec.CompositeCodec;

/** How attempts ended that did not end their task, as far as Redis has it: those of online tasks for as long as the task lives,
 * those of offline ones until they are in MariaDB. Safe for many threads. */
class PastAttempts {
    private static final Codec FIELDS = new CompositeCodec(StringCodec.INSTANCE, ByteArrayCodec.INSTANCE);
    private final Script unwritten = Script.named("unwritten");
    private final RedissonClient redis;
    private final QueueScripts scripts;

    PastAttempts(RedissonClient redis, QueueScripts scripts) {
        this.redis = redis;
        this.scripts = scripts;
    }

    /** How the earlier attempts of an online task ended, one JSON object per line, oldest first. */
    CompletionStage<List<EndedAttempt>> of(TaskId id) {
        RMap<String, byte[]> fields = redis.getMap(Keys.task(id), FIELDS);
        return Scripts.orRefused(fields.getAsync("past"), "Reading a task's attempts")
                .thenApply(lines -> lines == null
                        ? List.of()
                        : new String(lines, StandardCharsets.UTF_8)
                                .lines()
                                .map(line -> EndedAttempt.parse(id, line.getBytes(StandardCharsets.UTF_8)))
                                .toList());
    }

    /** Attempts of offline tasks that ended without ending their task and are not in MariaDB yet; some, by field. */
    CompletionStage<Map<String, EndedAttempt>> unwritten(int queue, int most) {
        return scripts.listOfAnyEpoch(unwritten, queue, most).thenApply(answer -> {
            Map<String, EndedAttempt> found = new LinkedHashMap<>();
            for (int i = 0; i < answer.size(); i += 2) {
                String field = Scripts.text(answer.get(i));
                TaskId id = TaskId.parse(field.substring(0, field.lastIndexOf(':')));
                found.put(field, EndedAttempt.parse(id, (byte[]) answer.get(i + 1)));
            }
            return found;
        });
    }

    /** The same of one task: those of its {@code most} latest attempts up to {@code attempt}. */
    CompletionStage<List<EndedAttempt>> unwritten(TaskId id, int attempt, int most) {
        Set<String> fields = IntStream.rangeClosed(Math.max(0, attempt - most), attempt)
                .mapToObj(number -> id + ":" + number)
                .collect(Collectors.toSet());
        RMap<String, byte[]> entries = redis.getMap(Keys.unwritten(id.queue()), FIELDS);
        return Scripts.orRefused(entries.getAllAsync(fields), "Reading a task's attempts")
                .thenApply(found -> found.values().stream()
                        .map(json -> EndedAttempt.parse(id, json))
                        .toList());
    }

    /** These attempts are in MariaDB now. */
    CompletionStage<Long> written(int queue, Collection<String> fields) {
        return Scripts.orRefused(
                redis.<String, String>getMap(Keys.unwritten(queue), StringCodec.INSTANCE)
                        .fastRemoveAsync(fields.toArray(String[]::new)),
                "Settling attempts");
    }
}
