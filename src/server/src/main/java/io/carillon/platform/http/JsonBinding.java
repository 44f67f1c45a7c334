package io.carillon.platform.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.carillon.platform.json.Json;
import io.carillon.platform.json.RawJson;
import jakarta.enterprise.context.Dependent;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.StreamingOutput;
import jakarta.ws.rs.ext.MessageBodyWriter;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.util.Set;

/**
 * Writes the answers of all resources. Not Jackson's own provider: that one also registers itself, without our mapper, and
 * which of the two writes an answer would be left to chance.
 */
@Provider
@Dependent
@Produces(MediaType.APPLICATION_JSON)
public class JsonBinding implements MessageBodyWriter<Object> {
    private static final Set<Class<?>> WRITTEN_BY_OTHERS = Set.of(String.class, byte[].class, RawJson.class);
    private final ObjectMapper mapper = Json.mapper();

    @Override
    public boolean isWriteable(Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType) {
        return !WRITTEN_BY_OTHERS.contains(type)
                && !InputStream.class.isAssignableFrom(type)
                && !StreamingOutput.class.isAssignableFrom(type);
    }

    @Override
    public void writeTo(
            Object answer,
            Class<?> type,
            Type generic,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream out)
            throws IOException {
        // As bytes first: what cannot be written then still becomes an error instead of half an answer.
        out.write(mapper.writeValueAsBytes(answer));
    }
}
