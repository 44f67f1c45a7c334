package io.carillon.dialect.task;

import io.carillon.platform.json.RawJson;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Response.ResponseBuilder;
import jakarta.ws.rs.core.Response.Status;

/**
 * An answer that is nothing but a text, as a JSON string in quotes. A method that gives it produces any type, because
 * clients that expect a text accept {@code text/plain} only and read this as well.
 */
final class BareText {
    /** Says {@code false} when the text is the id of a task whose result does not count. */
    static final String ACCEPTED = "X-Carillon-Accepted";

    private BareText() {}

    static ResponseBuilder of(Status status, String text) {
        return Response.status(status).type(MediaType.APPLICATION_JSON_TYPE).entity(RawJson.ofString(text));
    }

    /** For a worker whose result or progress came too late: it could do nothing about an error. */
    static Response notAccepted(String text) {
        return of(Status.OK, text).header(ACCEPTED, false).build();
    }

    static Response ok(String text) {
        return of(Status.OK, text).build();
    }
}
