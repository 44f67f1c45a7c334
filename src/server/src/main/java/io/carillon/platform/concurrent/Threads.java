package io.carillon.platform.concurrent;

import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.Typed;
import java.time.Clock;

/** Makes the server's managed executors and its clock injectable; the executors' sizes are set in {@code server-config/}. */
@ApplicationScoped
class Threads {
    @Resource(lookup = "java:comp/DefaultManagedExecutorService")
    private ManagedExecutorService executor;

    @Resource(lookup = "java:comp/DefaultManagedScheduledExecutorService")
    private ManagedScheduledExecutorService scheduler;

    @Produces
    Clock clock() {
        return Clock.systemUTC();
    }

    // Each executor is one of its supertypes too; without the restriction an injection of those would be ambiguous.
    @Produces
    @Typed(ManagedExecutorService.class)
    ManagedExecutorService executor() {
        return executor;
    }

    @Produces
    @Typed(ManagedScheduledExecutorService.class)
    ManagedScheduledExecutorService scheduler() {
        return scheduler;
    }
}
