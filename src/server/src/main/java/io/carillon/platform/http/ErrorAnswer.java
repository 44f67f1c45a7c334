package io.carillon.platform.http;

import io.carillon.platform.json.RawJson;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Map;

/** An error as it goes to the caller: JSON, with a status and the headers that belong to it. */
public record ErrorAnswer(int status, Map<String, String> headers, RawJson body) {

    public Response response() {
        Response.ResponseBuilder response =
                Response.status(status).type(MediaType.APPLICATION_JSON_TYPE).entity(body);
        headers.forEach(response::header);
        return response.build();
    }
}
