package io.carillon.platform.http;

import com.fasterxml.jackson.jakarta.rs.json.JacksonJsonProvider;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.json.Json;
import io.carillon.platform.json.RawJson;
import jakarta.enterprise.context.Dependent;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;

/**
 * Writes the answers of all resources, in place of the server's own JSON binding. Also reads requests of ours that carry
 * no user JSON into records, within the limit for bodies.
 */
@Provider
@Dependent
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class JsonBinding extends JacksonJsonProvider {
    private final BodyLimit limit;

    @Inject
    JsonBinding(Configuration configuration) {
        this(configuration.bodyLimit());
    }

    JsonBinding(int limit) {
        super(Json.mapper());
        this.limit = new BodyLimit(limit);
        addUntouchable(JsonBody.class);
        addUntouchable(RawJson.class);
    }

    @Override
    public Object readFrom(
            Class<Object> type,
            Type generic,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, String> headers,
            InputStream in)
            throws IOException {
        byte[] body = limit.read(in, headers);
        ContentType.requireJson(headers.getFirst(HttpHeaders.CONTENT_TYPE));
        return super.readFrom(type, generic, annotations, mediaType, headers, new ByteArrayInputStream(body));
    }
}
