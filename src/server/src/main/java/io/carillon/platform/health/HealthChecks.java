package io.carillon.platform.health;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** What {@code /health/ready} and {@code /health/live} ask. A store that is down is no reason to kill the server. */
@ApplicationScoped
class HealthChecks {

    @Produces
    @ApplicationScoped
    @Readiness
    HealthCheck server(Availability availability) {
        return () -> answer("server", availability.isStopping() ? "is stopping" : null);
    }

    @Produces
    @ApplicationScoped
    @Readiness
    HealthCheck redis(Availability availability) {
        return store(availability, Availability.REDIS);
    }

    @Produces
    @ApplicationScoped
    @Readiness
    HealthCheck mariaDb(Availability availability) {
        return store(availability, Availability.MARIA_DB);
    }

    @Produces
    @ApplicationScoped
    @Liveness
    HealthCheck alive() {
        return () -> HealthCheckResponse.up("carillon");
    }

    private static HealthCheck store(Availability availability, String name) {
        StoreProbe probe = availability.stores().stream()
                .filter(store -> store.store().equals(name))
                .findFirst()
                .orElseThrow();
        return () -> answer(name, probe.ask().why());
    }

    private static HealthCheckResponse answer(String name, String why) {
        return why == null
                ? HealthCheckResponse.up(name)
                : HealthCheckResponse.named(name).withData("reason", why).down().build();
    }
}
