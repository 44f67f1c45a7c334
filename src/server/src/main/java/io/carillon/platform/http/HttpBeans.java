package io.carillon.platform.http;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.concurrent.ScheduledExecutorService;

/** Looks after clients as long as the server is there. */
@ApplicationScoped
class HttpBeans {
    @Produces
    @Singleton
    ClosedPeers closedPeers() {
        return ClosedPeers.ofLinux();
    }

    @Produces
    @Singleton
    Outflows outflows() {
        return new Outflows();
    }

    void start(@Observes Startup event, ClosedPeers peers, Outflows outflows, ScheduledExecutorService scheduler) {
        peers.start(scheduler);
        outflows.start(scheduler);
    }

    void stop(@Observes Shutdown event, ClosedPeers peers, Outflows outflows) {
        peers.stop();
        outflows.stop();
    }
}
