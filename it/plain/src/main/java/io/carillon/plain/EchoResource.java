package io.carillon.plain;

import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** Answers with what it is sent. */
@Path("echo")
@Produces(MediaType.APPLICATION_JSON)
public class EchoResource {
    @POST
    public byte[] echo(byte[] body) {
        return body;
    }
}
