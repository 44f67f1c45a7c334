package io.carillon.dialect.task;

import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.Queue;
import io.carillon.queue.Queues;
import io.carillon.security.Caller;
import io.carillon.task.Completion;
import io.carillon.task.TaskId;
import io.carillon.task.Tasks;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands in the results of workers, one or many. Safe for many threads. */
class Completions {
    private static final Logger LOG = LoggerFactory.getLogger(Completions.class);

    private final Tasks tasks;
    private final Queues queues;

    Completions(Tasks tasks, Queues queues) {
        this.tasks = tasks;
        this.queues = queues;
    }

    /**
     * Hands in one.
     *
     * @return whether it counts; fails with {@link Refused} for an attempt that is not the latest, or of no task
     */
    CompletionStage<Boolean> one(TaskId id, CompleteRequest request) {
        return tasks.complete(List.of(request.of(id)))
                .thenApply(outcomes -> accepted(id, outcomes.get(0).orThrow(), request.attempt(), false));
    }

    /**
     * Hands in many, of tasks whose queues the caller may use.
     *
     * @param results those that could be read
     * @return whether each counts, in order; an unknown task is always refused. Never fails
     */
    CompletionStage<List<Outcome<Boolean>>> many(List<Outcome<CompleteManyRequest.Of>> results, Caller caller) {
        Map<Integer, Queue> registered = queues.numbered(results.stream()
                .filter(result -> !result.isFailed())
                .map(result -> result.value().id().queue())
                .collect(Collectors.toSet()));
        List<Outcome<CompleteManyRequest.Of>> allowed = results.stream()
                .map(result -> result.then(of -> {
                    Queue queue = registered.get(of.id().queue());
                    if (queue == null) {
                        throw TasksResource.unknown(of.id());
                    }
                    caller.require(queue.name());
                    return of;
                }))
                .toList();
        List<Tasks.Result> good = new ArrayList<>(allowed.size());
        for (Outcome<CompleteManyRequest.Of> one : allowed) {
            if (!one.isFailed()) {
                good.add(one.value().request().of(one.value().id()));
            }
        }
        return tasks.complete(good).thenApply(completions -> {
            Iterator<Outcome<Completion>> next = completions.iterator();
            return allowed.stream()
                    .map(one -> one.isFailed()
                            ? Outcome.<Boolean>failed(one.failure())
                            : next.next()
                                    .then(completion -> accepted(
                                            one.value().id(),
                                            completion,
                                            one.value().request().attempt(),
                                            true)))
                    .toList();
        });
    }

    private static boolean accepted(
            TaskId id, Completion completion, Optional<Integer> attempt, boolean refusesUnknown) {
        return switch (completion) {
            case ACCEPTED, SAME -> true;
            case REFUSED -> false;
            case OLDER_ATTEMPT -> throw olderAttempt(id, attempt);
            case UNKNOWN -> {
                if (refusesUnknown || attempt.isPresent()) {
                    throw TasksResource.unknown(id);
                }
                LOG.warn("A result came for task {}, which is unknown or gone", id);
                yield false;
            }
        };
    }

    static Refused olderAttempt(TaskId id, Optional<Integer> attempt) {
        return new Refused(
                Reason.CONFLICT,
                "Task " + id + " went on to a newer attempt; what comes from attempt "
                        + attempt.map(String::valueOf).orElse("before") + " is refused",
                "attempt");
    }
}
