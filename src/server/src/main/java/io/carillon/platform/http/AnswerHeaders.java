package io.carillon.platform.http;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * The headers that a request's answer carries whatever the answer is: errors, downloads and streams too. Each filter adds
 * its own; whoever writes the head of the answer asks for them {@link #now()}. Safe for many threads.
 */
public final class AnswerHeaders {
    private static final String PROPERTY = AnswerHeaders.class.getName();

    private final List<Supplier<Map<String, String>>> sources = new CopyOnWriteArrayList<>();

    /** Those of a request; each request has one, from its first filter on. */
    public static AnswerHeaders of(ContainerRequestContext request) {
        if (request.getProperty(PROPERTY) instanceof AnswerHeaders known) {
            return known;
        }
        AnswerHeaders headers = new AnswerHeaders();
        request.setProperty(PROPERTY, headers);
        return headers;
    }

    /** As {@link #of(ContainerRequestContext)}, outside of JAX-RS. */
    public static AnswerHeaders of(HttpServletRequest request) {
        if (request.getAttribute(PROPERTY) instanceof AnswerHeaders known) {
            return known;
        }
        AnswerHeaders headers = new AnswerHeaders();
        request.setAttribute(PROPERTY, headers);
        return headers;
    }

    /**
     * Adds headers.
     *
     * @param source asked when the head of the answer is written, on whichever thread does that
     */
    public AnswerHeaders add(Supplier<Map<String, String>> source) {
        sources.add(source);
        return this;
    }

    public AnswerHeaders add(String name, String value) {
        return add(() -> Map.of(name, value));
    }

    public boolean isEmpty() {
        return sources.isEmpty();
    }

    /** All of them; of several with the same name, the last that was added. */
    public Map<String, String> now() {
        Map<String, String> all = new LinkedHashMap<>();
        sources.forEach(source -> all.putAll(source.get()));
        return all;
    }
}
