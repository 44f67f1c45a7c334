package io.carillon.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;

/**
 * Redis's side of {@link OnlineDeaths}: of each queue the list of online tasks that were given up and are not in MariaDB
 * yet. Safe for many threads.
 */
class DeadList {
    /**
     * One end of a task that was given up. It may be begun anew and be given up again: that is another one.
     *
     * @param attempt the task's last attempt then
     */
    record Death(TaskId id, int attempt) {
        private static Death parse(String entry) {
            int colon = entry.lastIndexOf(':');
            return new Death(TaskId.parse(entry.substring(0, colon)), Integer.parseInt(entry.substring(colon + 1)));
        }

        private String entry() {
            return id + ":" + attempt;
        }
    }

    private final Script buried = Script.named("buried");
    private final Script revive = Script.named("revive");
    private final RedissonClient redis;
    private final QueueScripts scripts;
    private final Duration retention;

    /** @param retention how long an ended task can still be read in Redis when it is off the list */
    DeadList(RedissonClient redis, QueueScripts scripts, Duration retention) {
        this.redis = redis;
        this.scripts = scripts;
        this.retention = retention;
    }

    /** Any of a queue's, at most {@code most}. */
    CompletionStage<List<Death>> some(int queue, int most) {
        return Scripts.orRefused(
                        redis.<String>getSet(Keys.dead(queue), StringCodec.INSTANCE)
                                .randomAsync(most),
                        "Looking for tasks that were given up")
                .thenApply(entries -> entries.stream().map(Death::parse).toList());
    }

    /** Which of these are still on the list of their queue. */
    CompletionStage<Set<Death>> stillOn(List<Death> deaths) {
        Map<Integer, List<Death>> byQueue = new LinkedHashMap<>();
        deaths.forEach(death -> byQueue.computeIfAbsent(death.id().queue(), queue -> new ArrayList<>())
                .add(death));
        List<CompletionStage<Set<Death>>> looks = new ArrayList<>();
        byQueue.forEach((queue, ofQueue) -> {
            var batch = redis.createBatch();
            ofQueue.forEach(death ->
                    batch.<String>getSet(Keys.dead(queue), StringCodec.INSTANCE).containsAsync(death.entry()));
            looks.add(Scripts.orRefused(batch.executeAsync(), "Looking for tasks that were given up")
                    .thenApply(result -> {
                        Set<Death> on = new HashSet<>();
                        for (int i = 0; i < ofQueue.size(); i++) {
                            if (Boolean.TRUE.equals(result.getResponses().get(i))) {
                                on.add(ofQueue.get(i));
                            }
                        }
                        return on;
                    }));
        });
        return Stages.all(looks).thenApply(found -> {
            Set<Death> on = new HashSet<>();
            found.forEach(on::addAll);
            return on;
        });
    }

    /** Takes it off the list, if it is there; from then on the task's record in Redis expires. */
    CompletionStage<Boolean> takeOff(Death death) {
        TaskId id = death.id();
        return scripts.numberOfAnyEpoch(buried, id.queue(), death.entry(), id.text(), retention.toSeconds())
                .thenApply(was -> was == 1);
    }

    /**
     * Lets a task that was given up wait again, unless it was begun anew already.
     *
     * @param task as it shall wait
     * @param life how long it may take until it ends, from now
     * @param past how its earlier attempts ended, one JSON object per line
     */
    CompletionStage<Boolean> revive(Task task, Duration life, byte[] past) {
        Specification specification = task.specification();
        boolean callsBack = task.id().mode() == ResponseMode.CALLBACK && specification.callbackUrl() != null;
        List<Object> arguments = new ArrayList<>(List.of(
                task.id().text(),
                task.id().level().value(),
                task.accepted(),
                life.toMillis(),
                task.attempt(),
                specification.json(),
                task.data().bytes(),
                callsBack ? "owes" : "",
                Window.orEmpty(specification.group()),
                past));
        Window.addFields(arguments, Window.retryFields(task.retries()));
        return scripts.number(revive, task.id().queue(), arguments.toArray()).thenApply(began -> began == 1);
    }
}
