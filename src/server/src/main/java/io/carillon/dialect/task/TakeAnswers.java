package io.carillon.dialect.task;

import io.carillon.instance.Instance;
import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.http.LateAnswer;
import io.carillon.platform.json.Json;
import io.carillon.queue.FullQueueName;
import io.carillon.task.Attempt;
import io.carillon.task.LongTakes;
import io.carillon.task.Take;
import io.carillon.task.TaskId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers takes over HTTP, whichever request they come with. Safe for many threads. */
class TakeAnswers {
    /** Ids of tasks, separated by commas, that the worker who takes shall stop. */
    static final String CANCEL = "X-Carillon-Cancel";

    private static final Logger LOG = LoggerFactory.getLogger(TakeAnswers.class);

    private final Instance me;
    private final LongTakes takes;
    private final Executor executor;

    TakeAnswers(Instance me, LongTakes takes, Executor executor) {
        this.me = me;
        this.takes = takes;
        this.executor = executor;
    }

    /**
     * Takes, and gives the answer when there is something or the take's time is over. What was taken for a client that is
     * gone is handed back.
     *
     * @param body what the answer is made of the tasks by full queue name
     * @param failed what answers when the take fails
     */
    void give(
            Take take,
            LateAnswer late,
            Function<Map<String, List<TaskAnswer>>, Object> body,
            Consumer<Throwable> failed) {
        CompletableFuture<Map<FullQueueName, List<Attempt>>> taken;
        try {
            taken = takes.take(take, late::isThere);
        } catch (RuntimeException refused) {
            failed.accept(refused);
            return;
        }
        late.onGone(() -> taken.cancel(false));
        Stages.on(executor, taken).whenComplete((found, failure) -> {
            if (taken.isCancelled()) {
                return;
            }
            if (failure != null) {
                failed.accept(failure);
                return;
            }
            late.onGone(() -> takes.handBack(found));
            late.give(Json.bytes(body.apply(shaped(found))), () -> cancelled(take));
        });
    }

    /** The header that tells a worker what to stop; nothing when there is nothing. Never fails: heartbeats say the same. */
    Map<String, String> cancelled(Take take) {
        List<TaskId> ids;
        try {
            ids = takes.toStop(take);
        } catch (RuntimeException unreachable) {
            LOG.debug("A worker is not told now what to stop: {}", unreachable.getMessage());
            return Map.of();
        }
        return ids.isEmpty()
                ? Map.of()
                : Map.of(CANCEL, ids.stream().map(TaskId::text).collect(Collectors.joining(",")));
    }

    Map<String, List<TaskAnswer>> shaped(Map<FullQueueName, List<Attempt>> found) {
        Map<String, List<TaskAnswer>> answer = new LinkedHashMap<>();
        found.forEach((name, attempts) -> answer.put(
                name.toString(),
                attempts.stream()
                        .map(attempt -> TaskAnswer.of(attempt, me.name()))
                        .toList()));
        return answer;
    }
}
