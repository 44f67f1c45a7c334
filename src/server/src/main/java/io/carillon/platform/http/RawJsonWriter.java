package io.carillon.platform.http;

import io.carillon.platform.json.RawJson;
import jakarta.enterprise.context.Dependent;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.MessageBodyWriter;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;

/** Writes an answer that is JSON already, such as a worker's body, or a bare string in quotes. */
@Provider
@Dependent
@Produces({MediaType.APPLICATION_JSON, MediaType.WILDCARD})
public class RawJsonWriter implements MessageBodyWriter<RawJson> {

    @Override
    public boolean isWriteable(Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType) {
        return type == RawJson.class;
    }

    @Override
    public void writeTo(
            RawJson json,
            Class<?> type,
            Type generic,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream out)
            throws IOException {
        out.write(json.bytes());
    }
}
