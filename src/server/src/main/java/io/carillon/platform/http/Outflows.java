package io.carillon.platform.http;

import io.carillon.platform.concurrent.Ticks;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answers that are given piece by piece and have not come to their end: each is here until its last byte is out or its
 * client has gone, whatever became of the task meanwhile. Clients that have stopped reading are cut off from here. Safe for
 * many threads.
 */
public class Outflows {
    private static final Logger LOG = LoggerFactory.getLogger(Outflows.class);
    private static final Duration TICK = Duration.ofSeconds(1);

    private final Set<Outflow> open = ConcurrentHashMap.newKeySet();
    private Ticks ticks;

    /**
     * Takes over the answer to a request of a JAX-RS resource method that has a parameter {@code @Suspended AsyncResponse}.
     * Must be called by that method itself, which then leaves the response alone and returns nothing.
     */
    public Outflow on(HttpServletRequest request, AsyncResponse suspended) throws IOException {
        return on(request.getAsyncContext(), AnswerHeaders.of(request), ending(suspended));
    }

    /** @param finish ends the request; nothing is written after that */
    public Outflow on(AsyncContext context, AnswerHeaders always, Runnable finish) throws IOException {
        context.setTimeout(0);
        Outflow flow = new Outflow(context, always, finish, open::remove);
        context.addListener(flow.ending());
        return begun(flow);
    }

    /**
     * As {@link #on(AsyncContext, AnswerHeaders, Runnable)}, by any thread and as late as the answer is there, which is then
     * given at once and whole.
     */
    public Outflow late(AsyncContext context, AnswerHeaders always, Runnable finish) throws IOException {
        // Containers tell of the end only whom the request's own thread has named; the write's failure says it too.
        return begun(new Outflow(context, always, finish, open::remove));
    }

    /** As {@link #late(AsyncContext, AnswerHeaders, Runnable)}, for what JAX-RS has suspended. */
    public Outflow late(AsyncContext context, AnswerHeaders always, AsyncResponse suspended) throws IOException {
        return late(context, always, ending(suspended));
    }

    /**
     * Jersey complains in the log when somebody else ends what it has suspended. By then the head is out, so what status it is
     * given here changes nothing.
     */
    private static Runnable ending(AsyncResponse suspended) {
        return () -> suspended.resume(Response.ok().build());
    }

    private Outflow begun(Outflow flow) {
        flow.listen();
        open.add(flow);
        // It may have ended before it was here.
        if (flow.isOver()) {
            open.remove(flow);
        }
        return flow;
    }

    /** How many have not ended. */
    public int open() {
        return open.size();
    }

    void start(ScheduledExecutorService scheduler) {
        ticks = Ticks.start(scheduler, "The look after slow readers", TICK, TICK, () -> tick(System.nanoTime()));
    }

    void stop() {
        ticks.stop();
    }

    /** Cuts off those who have stopped reading. */
    public void tick(long now) {
        for (Outflow flow : open) {
            try {
                flow.tick(now);
            } catch (RuntimeException failure) {
                LOG.debug("A reader was cut off, but not in good order: {}", failure.getMessage());
            }
        }
    }
}
