package io.carillon.dialect;

import io.carillon.platform.http.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** Answers whatever a resource or filter throws, in the shape of the dialect that the path belongs to. */
@Provider
@ApplicationScoped
public class ErrorMapper implements ExceptionMapper<Throwable> {
    @Inject
    ErrorShapes shapes;

    @Context
    UriInfo uri;

    @Override
    public Response toResponse(Throwable failure) {
        Throwable cause = Problem.unwrapped(failure);
        if (cause instanceof WebApplicationException answer && isAnswer(answer.getResponse())) {
            return answer.getResponse();
        }
        return shapes.of(uri.getPath()).answer(cause).response();
    }

    /** A redirect, or an answer that was complete when it was thrown. */
    private static boolean isAnswer(Response response) {
        return response.getStatus() < 400 || response.hasEntity();
    }
}
