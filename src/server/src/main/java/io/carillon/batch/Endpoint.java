package io.carillon.batch;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a request of an endpoint must have in its body. Contract: openai-batch 3.1.
 *
 * @param path such as {@code /v1/chat/completions}
 * @param known whether it is one of OpenAI's; of others, nothing is required
 * @param needsModel whether the body must name a model
 * @param required another field that it must have, or null
 * @param kinds of what kinds that may be; any if there is none
 */
record Endpoint(String path, boolean known, boolean needsModel, String required, List<RequestLine.Kind> kinds) {
    private static final Map<String, Endpoint> KNOWN = Map.of(
            "/v1/chat/completions",
            of("/v1/chat/completions", true, "messages", RequestLine.Kind.ARRAY),
            "/v1/responses",
            of("/v1/responses", true, null),
            "/v1/embeddings",
            of("/v1/embeddings", true, "input", RequestLine.Kind.STRING, RequestLine.Kind.ARRAY),
            "/v1/completions",
            of("/v1/completions", true, "prompt"),
            "/v1/moderations",
            of("/v1/moderations", false, "input"),
            "/v1/images/generations",
            of("/v1/images/generations", false, "prompt"),
            "/v1/images/edits",
            of("/v1/images/edits", false, "prompt"),
            "/v1/videos",
            of("/v1/videos", false, "prompt"));

    private static Endpoint of(String path, boolean needsModel, String required, RequestLine.Kind... kinds) {
        return new Endpoint(path, true, needsModel, required, List.of(kinds));
    }

    /** One of OpenAI's. */
    static Optional<Endpoint> known(String path) {
        return Optional.ofNullable(KNOWN.get(path));
    }

    /** One of OpenAI's, or one that only a queue knows. */
    static Endpoint of(String path) {
        return known(path).orElseGet(() -> new Endpoint(path, false, false, null, List.of()));
    }

    boolean isEmbeddings() {
        return path.equals("/v1/embeddings");
    }
}
