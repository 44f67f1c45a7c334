package io.carillon.platform.http;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.core.HttpHeaders;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A request and its one answer, for calls that are served without JAX-RS because there is one for each task. The answer may
 * be given by the request's own thread, or after {@link #later} by any other. Safe for many threads once it is later.
 */
public final class Exchange {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    private final HttpServletRequest request;
    private final HttpServletResponse response;
    private final RequestIds ids;
    private final Outflows outflows;
    private final IntConsumer answered;
    private final AtomicBoolean over = new AtomicBoolean();
    private AsyncContext context;

    /**
     * @param outflows writes answers that are large or come piece by piece
     * @param answered is told the status when there is an answer
     */
    public Exchange(
            HttpServletRequest request,
            HttpServletResponse response,
            RequestIds ids,
            Outflows outflows,
            IntConsumer answered) {
        this.request = request;
        this.response = response;
        this.ids = ids;
        this.outflows = outflows;
        this.answered = answered;
    }

    /** Every value that was sent under that name; empty when there is none. */
    public List<String> headers(String name) {
        return Collections.list(request.getHeaders(name));
    }

    /**
     * The body, which must be JSON by its content type, as the bytes that were sent. Not yet read: it may still be anything.
     *
     * @param limit the largest body that is taken, in bytes
     * @throws io.carillon.platform.error.Refused as {@link JsonBodyReader} does
     */
    public byte[] json(int limit) throws IOException {
        byte[] body = new BodyLimit(limit)
                .read(
                        request.getInputStream(),
                        request.getHeader(HttpHeaders.CONTENT_LENGTH),
                        request.getHeader("Expect"));
        if (body.length > 0) {
            ContentType.requireJson(request.getHeader(HttpHeaders.CONTENT_TYPE));
        }
        return body;
    }

    /** Lets the request's thread go; the answer comes when it comes. */
    public void later() {
        context = request.startAsync(request, response);
        context.setTimeout(0);
    }

    /** The client's connection; empty when the server does not name it. Only the request's own thread may ask. */
    public Optional<Connection> connection() {
        return Connection.of(request);
    }

    /**
     * What shall happen when the container says that the client has gone before it was answered; only after {@link #later}.
     * Most say so only when something is written; see {@link ClosedPeers}.
     */
    public void onGone(Runnable action) {
        context.addListener(new Gone(action));
    }

    /** Takes over the answer, which is then given piece by piece. */
    public Outflow outflow() throws IOException {
        later();
        AnswerHeaders always = AnswerHeaders.of(request);
        always.add(ids::headers);
        return outflows.on(context, always, () -> {
            int status = response.getStatus();
            context.complete();
            answered.accept(status);
        });
    }

    /** Takes over the answer, for a client that may hang up before it comes. */
    public LateAnswer lateAnswer() throws IOException {
        return new LateAnswer(outflow());
    }

    public void answer(int status, byte[] json) {
        answer(status, json, Map.of());
    }

    /** Answers in JSON; whatever comes after the first answer is left out. */
    public void answer(int status, byte[] json, Map<String, String> headers) {
        if (!over.compareAndSet(false, true)) {
            return;
        }
        if (context == null || Outflow.isSmall(json) || request.getMethod().equals("HEAD")) {
            write(status, json, headers);
        } else {
            pour(status, json, headers);
        }
    }

    /**
     * Answers with what comes of a stage, whatever that is.
     *
     * @param give answers; what it throws is refused too
     * @param refuse makes an error of a failure
     */
    public <T> void answer(CompletionStage<T> stage, Consumer<T> give, Function<Throwable, ErrorAnswer> refuse) {
        stage.thenAccept(give).exceptionally(failure -> {
            refuse(refuse.apply(failure));
            return null;
        });
    }

    public void refuse(ErrorAnswer refusal) {
        answer(refusal.status(), refusal.body().bytes(), refusal.headers());
    }

    private void write(int status, byte[] json, Map<String, String> headers) {
        try {
            head(status, json, headers);
            response.getOutputStream().write(json);
        } catch (IOException | RuntimeException gone) {
            LOG.debug("A client has gone before it was answered: {}", gone.getMessage());
        } finally {
            complete();
        }
        answered.accept(status);
    }

    /** Writes as fast as the client reads, with no thread that waits for it. */
    private void pour(int status, byte[] json, Map<String, String> headers) {
        Runnable finish = () -> {
            complete();
            answered.accept(status);
        };
        Outflow out;
        try {
            head(status, json, headers);
            out = outflows.late(context, new AnswerHeaders(), finish);
        } catch (IOException | RuntimeException gone) {
            LOG.debug("A client has gone before it was answered: {}", gone.getMessage());
            finish.run();
            return;
        }
        out.offer(json);
        out.end();
    }

    private void head(int status, byte[] json, Map<String, String> headers) {
        response.setStatus(status);
        response.setContentType("application/json");
        response.setHeader(RequestIds.TRACE_HEADER, ids.trace());
        response.setHeader(RequestIds.REQUEST_HEADER, ids.request());
        if (status / 100 == 2) {
            response.setHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
        }
        headers.forEach(response::setHeader);
        response.setContentLength(json.length);
    }

    private void complete() {
        try {
            if (context != null) {
                context.complete();
            }
        } catch (RuntimeException already) {
            LOG.trace("The container has ended the request already", already);
        }
    }

    private final class Gone implements AsyncListener {
        private final Runnable action;

        Gone(Runnable action) {
            this.action = action;
        }

        private void gone() {
            if (over.compareAndSet(false, true)) {
                action.run();
            }
        }

        @Override
        public void onComplete(AsyncEvent event) {
            gone();
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            gone();
        }

        @Override
        public void onError(AsyncEvent event) {
            gone();
            complete();
        }

        @Override
        public void onStartAsync(AsyncEvent event) {}
    }
}
