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

    void start(@Observes Startup event, ClosedPeers peers, ScheduledExecutorService scheduler) {
        peers.start(scheduler);
    }

    void stop(@Observes Shutdown event, ClosedPeers peers) {
        peers.stop();
    }
}
