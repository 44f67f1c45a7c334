package io.carillon.platform.http;

import com.fasterxml.jackson.jakarta.rs.json.JacksonJsonProvider;
import io.carillon.platform.json.Json;
import jakarta.enterprise.context.Dependent;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.ext.Provider;

/**
 * Writes the answers of all resources, in place of the server's own JSON binding. Also reads small requests of ours that
 * carry no user JSON into records.
 */
@Provider
@Dependent
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class JsonWriter extends JacksonJsonProvider {
    public JsonWriter() {
        super(Json.mapper());
    }
}
