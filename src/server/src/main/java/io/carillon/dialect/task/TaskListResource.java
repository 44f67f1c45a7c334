package io.carillon.dialect.task;

import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.task.Task;
import io.carillon.task.TaskFilter;
import io.carillon.task.TaskId;
import io.carillon.task.TaskState;
import io.carillon.task.Tasks;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;

/** The caller's tasks, newest first. */
@Path("v1/tasks")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
public class TaskListResource {
    private static final int MOST = 100;
    private static final int USUAL = 20;
    private static final int MOST_TEXT = 1000;

    @Inject
    Tasks tasks;

    @Inject
    Queues queues;

    @Inject
    ExecutorService executor;

    /** A page as OpenAI writes it. */
    public record Page(String object, List<TaskAnswer> data, String firstId, String lastId, boolean hasMore) {}

    /**
     * An admin sees everybody's, without their data.
     *
     * @param status words of the Task API or Carillon's states, separated by commas
     * @param from ISO-8601 or ms since 1970, inclusive
     * @param to the same, exclusive
     * @param text in the error or custom id
     * @param after the last id of the page before
     */
    @GET
    @AllowedRoles(Role.PRODUCER)
    public CompletionStage<Page> list(
            @QueryParam("queue") String queue,
            @QueryParam("status") String status,
            @QueryParam("batch") String batch,
            @QueryParam("from") String from,
            @QueryParam("to") String to,
            @QueryParam("text") String text,
            @QueryParam("limit") String limit,
            @QueryParam("after") String after,
            @Context SecurityContext security) {
        Caller caller = Caller.of(security);
        Optional<Queue> ofQueue = given(queue).map(name -> queues.get(new QueueName(name)));
        int most = Texts.limit(limit, USUAL, MOST);
        Set<TaskState> states = states(given(status));
        Optional<String> ofBatch = Texts.ascii("batch", batch, MOST_TEXT);
        Optional<Instant> first = Texts.instant("from", from);
        Optional<Instant> end = Texts.instant("to", to);
        Optional<String> owner = caller.has(Role.ADMIN) ? Optional.empty() : Optional.of(caller.keyId());
        return Stages.on(executor, after(given(after), caller))
                .thenApply(last -> page(
                        new TaskFilter(owner, ofQueue, states, ofBatch, first, end, given(text), most + 1, last),
                        most));
    }

    private Page page(TaskFilter filter, int most) {
        List<Queue> ofQueues = filter.queue().map(List::of).orElseGet(queues::all);
        List<Task> found = tasks.list(filter, ofQueues);
        List<TaskAnswer> data = found.stream().limit(most).map(TaskAnswer::of).toList();
        return new Page(
                "list",
                data,
                data.isEmpty() ? null : data.get(0).id(),
                data.isEmpty() ? null : data.get(data.size() - 1).id(),
                found.size() > most);
    }

    private CompletionStage<Optional<Task>> after(Optional<String> text, Caller caller) {
        if (text.isEmpty()) {
            return CompletableFuture.completedStage(Optional.empty());
        }
        TaskId id = TaskId.parse(text.get());
        return tasks.find(id).thenApply(found -> {
            Task task = found.filter(last -> caller.owns(last.specification().owner()))
                    .orElseThrow(
                            () -> new Refused(Reason.INVALID, "There is no task " + id + " to go on after", "after"));
            return Optional.of(task);
        });
    }

    private static Optional<String> given(String value) {
        return Optional.ofNullable(value).filter(text -> !text.isBlank());
    }

    private static Set<TaskState> states(Optional<String> words) {
        Set<TaskState> states = EnumSet.noneOf(TaskState.class);
        for (String word : words.map(text -> text.split(",")).orElse(new String[0])) {
            boolean known = false;
            for (TaskState state : TaskState.values()) {
                if (state.word().equals(word.strip())
                        || TaskAnswer.status(state).equals(word.strip())) {
                    states.add(state);
                    known = true;
                }
            }
            if (!known) {
                throw new Refused(
                        Reason.INVALID,
                        "Unknown status; it is one of waiting, queued, running, scheduled, succeeded, failed, timeout,"
                                + " cancelled",
                        "status");
            }
        }
        return states;
    }
}
