package io.carillon.dialect.openai;

import io.carillon.channel.ModelRoutes;
import io.carillon.instance.Instance;
import io.carillon.platform.concurrent.Stages;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.AnswerHeaders;
import io.carillon.platform.http.ClosedPeers;
import io.carillon.platform.http.Connection;
import io.carillon.platform.http.ErrorAnswer;
import io.carillon.platform.http.JsonBody;
import io.carillon.platform.http.Outflow;
import io.carillon.platform.http.Outflows;
import io.carillon.queue.Level;
import io.carillon.queue.Queue;
import io.carillon.quota.Quotas;
import io.carillon.security.Caller;
import io.carillon.stream.CallerAnswer;
import io.carillon.stream.Callers;
import io.carillon.stream.EventForm;
import io.carillon.stream.EventStream;
import io.carillon.task.NewTask;
import io.carillon.task.ResponseMode;
import io.carillon.task.Specification;
import io.carillon.task.Tasks;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.ConnectionCallback;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Answers OpenAI's online endpoints: each request is an online task of the queue that serves its model, whose {@code data}
 * is the request's body, and the worker's status and body are the answer. With {@code stream} it is answered piece by piece.
 * Safe for many threads.
 */
class OnlineCalls {
    private final ModelRoutes routes;
    private final Tasks tasks;
    private final Callers callers;
    private final ClosedPeers peers;
    private final Outflows outflows;
    private final Quotas quotas;
    private final OpenAiErrors errors;
    private final Instance instance;
    private final Duration patience;
    private final int depth;
    private final Executor executor;

    /**
     * @param patience how long a caller waits
     * @param depth how deep a body may be nested
     */
    OnlineCalls(
            ModelRoutes routes,
            Tasks tasks,
            Callers callers,
            ClosedPeers peers,
            Outflows outflows,
            Quotas quotas,
            OpenAiErrors errors,
            Instance instance,
            Duration patience,
            int depth,
            Executor executor) {
        this.routes = routes;
        this.tasks = tasks;
        this.callers = callers;
        this.peers = peers;
        this.outflows = outflows;
        this.quotas = quotas;
        this.errors = errors;
        this.instance = instance;
        this.patience = patience;
        this.depth = depth;
        this.executor = executor;
    }

    /**
     * Answers a request, now or later.
     *
     * @param trace the caller's id for the request, or null
     * @throws Refused when it can be seen at once that there is no answer
     */
    void answer(
            String path, JsonBody body, Caller caller, String trace, HttpServletRequest http, AsyncResponse response)
            throws IOException {
        OnlineRequest request = OnlineRequest.of(body.bytes(), depth);
        String model =
                request.model().or(() -> OnlinePaths.usualModel(path)).orElseThrow(() -> Invalid.missing("model"));
        Queue queue = routes.open(path, model, caller::mayUse);
        NewTask task = task(queue, path, request, caller, trace);
        CompletionStage<Void> held =
                quotas.hold(caller.keyId(), caller.limits(), task.id().text(), patience);
        Runnable left =
                () -> quotas.release(caller.keyId(), caller.limits(), task.id().text());
        if (request.stream()) {
            // From here on the stream has the response, which JAX-RS has made asynchronous.
            EventStream out = new EventStream(outflows.on(http, response), EventForm.UPSTREAM);
            held.whenComplete((nothing, failure) -> {
                if (failure == null) {
                    callers.stream(task, out, this::refusal, left);
                } else {
                    out.end(refusal(failure));
                }
            });
            return;
        }
        Optional<Connection> connection = Connection.of(http);
        Runnable hangUp = () -> callers.hangUp(task.id());
        CompletionStage<CompletionStage<CallerAnswer>> waiting =
                held.thenApply(nothing -> peers.watched(connection, callers.block(task, left), hangUp));
        // not before it waits, for then nobody would know the task
        response.register((ConnectionCallback) gone -> waiting.thenRun(hangUp));
        // Only the request's own thread may ask for these.
        AsyncContext context = http.getAsyncContext();
        AnswerHeaders always = AnswerHeaders.of(http);
        Stages.on(executor, waiting.thenCompose(answer -> answer)).whenComplete((answer, failure) -> {
            if (failure != null) {
                response.resume(failure);
            } else if (Outflow.isSmall(answer.body().bytes())) {
                response.resume(answered(answer));
            } else {
                pour(answer, context, always, response);
            }
        });
    }

    /** Writes as fast as the client reads, with no thread that waits for it. */
    private void pour(CallerAnswer answer, AsyncContext context, AnswerHeaders always, AsyncResponse response) {
        byte[] json = answer.body().bytes();
        Outflow out;
        try {
            out = outflows.late(context, always, response);
        } catch (IOException | RuntimeException gone) {
            response.resume(gone);
            return;
        }
        out.head(answer.status(), MediaType.APPLICATION_JSON);
        out.length(json.length);
        out.offer(json);
        out.end();
    }

    private NewTask task(Queue queue, String path, OnlineRequest request, Caller caller, String trace) {
        Specification specification =
                new Specification(queue.name().text(), path, caller.keyId(), null, trace, null, null);
        ResponseMode mode = request.stream() ? ResponseMode.STREAMING : ResponseMode.BLOCKING;
        return new NewTask(
                tasks.newId(queue, Level.ONLINE, mode), specification, request.body(), patience, instance.name());
    }

    private CallerAnswer refusal(Throwable refused) {
        ErrorAnswer answer = errors.answer(refused);
        return new CallerAnswer(answer.status(), answer.body(), answer.headers());
    }

    private static Response answered(CallerAnswer answer) {
        return Response.status(answer.status())
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(answer.body())
                .build();
    }
}
