package io.carillon.dialect.openai;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which paths are answered through a queue, and which model they mean when a request names none. */
final class OnlinePaths {
    static final String CHAT = "/v1/chat/completions";
    static final String COMPLETIONS = "/v1/completions";
    static final String EMBEDDINGS = "/v1/embeddings";
    static final String RESPONSES = "/v1/responses";
    static final String MODERATIONS = "/v1/moderations";
    static final String IMAGES = "/v1/images/generations";

    /** Where OpenAI does not require a model, its documentation names the one that it takes then. */
    private static final Map<String, String> USUAL_MODELS =
            Map.of(MODERATIONS, "omni-moderation-latest", IMAGES, "dall-e-2");

    private static final Pattern PATH =
            Pattern.compile("/v1(?!/(?:files|uploads|batches|models)(?:/|$))(/[A-Za-z0-9._~-]+)+");

    private final Set<String> configured;

    /**
     * @param more paths with commas between them, such as {@code /v1/rerank}; null for none
     * @throws IllegalArgumentException when one of them cannot be such a path
     */
    OnlinePaths(String more) {
        configured = more == null
                ? Set.of()
                : Arrays.stream(more.split(","))
                        .map(String::strip)
                        .filter(path -> !path.isEmpty())
                        .map(OnlinePaths::path)
                        .collect(Collectors.toUnmodifiableSet());
    }

    private static String path(String text) {
        String path = text.startsWith("/") ? text : '/' + text;
        if (!PATH.matcher(path).matches() || !OpenAiPaths.contains(path)) {
            throw new IllegalArgumentException("CARILLON_OPENAI_PATHS names '" + text
                    + "'; a path there is below /v1 and none of another API, such as /v1/rerank");
        }
        return path;
    }

    /** Whether the configuration adds this path to OpenAI's own. */
    boolean isConfigured(String path) {
        return configured.contains(path);
    }

    static Optional<String> usualModel(String path) {
        return Optional.ofNullable(USUAL_MODELS.get(path));
    }
}
