package io.carillon.dialect.operations;

import io.carillon.platform.health.Availability;
import jakarta.annotation.security.PermitAll;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** Readiness in the shape that Bella-Queue's probes expect. Open to everybody. */
@Path("actuator/health")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
@PermitAll
public class HealthResource {
    @Inject
    Availability availability;

    /** 200 {@code {"status":"UP"}}, or 503 with what is down. */
    @GET
    public Response health() {
        HealthAnswer answer = HealthAnswer.of(availability.parts());
        return Response.status(answer.isUp() ? 200 : 503).entity(answer).build();
    }
}
