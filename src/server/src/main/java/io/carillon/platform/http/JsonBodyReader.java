package io.carillon.platform.http;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Refused;
import jakarta.enterprise.context.Dependent;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.MessageBodyReader;
import jakarta.ws.rs.ext.Provider;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;

/** Gives resources their {@link JsonBody}, or refuses it by its type or size. */
@Provider
@Dependent
@Consumes({MediaType.APPLICATION_JSON, MediaType.WILDCARD})
public class JsonBodyReader implements MessageBodyReader<JsonBody> {
    @Inject
    Configuration configuration;

    @Override
    public boolean isReadable(Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType) {
        return type == JsonBody.class;
    }

    /** @throws Refused 415 for another type, 413 over the limit, 400 when the body breaks off */
    @Override
    public JsonBody readFrom(
            Class<JsonBody> type,
            Type generic,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, String> headers,
            InputStream in) {
        byte[] bytes = new BodyLimit(configuration.bodyLimit()).read(in, headers);
        if (bytes.length > 0) {
            ContentType.requireJson(headers.getFirst(HttpHeaders.CONTENT_TYPE));
        }
        return new JsonBody(bytes);
    }
}
