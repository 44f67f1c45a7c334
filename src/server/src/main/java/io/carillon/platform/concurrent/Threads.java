package io.carillon.platform.concurrent;

import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;

/** Makes the server's managed executors injectable; their sizes are set in {@code server-config/}. */
@ApplicationScoped
class Threads {
    @Resource(lookup = "java:comp/DefaultManagedExecutorService")
    private ManagedExecutorService executor;

    @Resource(lookup = "java:comp/DefaultManagedScheduledExecutorService")
    private ManagedScheduledExecutorService scheduler;

    @Produces
    ManagedExecutorService executor() {
        return executor;
    }

    @Produces
    ManagedScheduledExecutorService scheduler() {
        return scheduler;
    }
}
