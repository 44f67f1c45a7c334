package io.carillon.dialect.openai;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.ServletRequest;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.ext.Provider;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/**
 * Lets only so many files come and go at once on this instance, so that clients who are slow leave threads for the others. A
 * {@link Transfer} begins here, when its key is known, and ends in {@link TransferEnds}, when its answer is written or its
 * client is gone.
 */
@Provider
@Transfer
@ApplicationScoped
@Priority(Priorities.USER)
public class Transfers implements ContainerRequestFilter {
    private static final String HELD = Transfers.class.getName();
    private static final Duration LATER = Duration.ofSeconds(2);

    @Inject
    Configuration configuration;

    private int most;
    private Semaphore free;

    @PostConstruct
    void open() {
        most = configuration.filesTransfers();
        free = new Semaphore(most);
    }

    /** @throws Refused {@link Reason#UNAVAILABLE} */
    @Override
    public void filter(ContainerRequestContext request) {
        if (!free.tryAcquire()) {
            throw new Refused(
                    Reason.UNAVAILABLE,
                    "This server sends and receives " + most + " files already; try again",
                    null,
                    LATER);
        }
        request.setProperty(HELD, free);
    }

    /** The request is over, whatever came of it. */
    static void end(ServletRequest request) {
        if (request.getAttribute(HELD) instanceof Semaphore held) {
            request.removeAttribute(HELD);
            held.release();
        }
    }
}
