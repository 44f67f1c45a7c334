package io.carillon.dialect.operations;

import jakarta.annotation.security.PermitAll;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;

/** Metrics for Prometheus, also where Bella-Queue has them. Open to everybody. */
@Path("")
@ApplicationScoped
@PermitAll
public class MetricsResource {
    @Inject
    Scrape scrape;

    @GET
    @Path("metrics")
    public Response metrics() {
        return Response.ok(scrape.text(), Scrape.CONTENT_TYPE).build();
    }

    @GET
    @Path("actuator/prometheus")
    public Response prometheus() {
        return metrics();
    }
}
