package io.carillon.dialect.openai;

import java.util.Set;

/** Which paths speak OpenAI: all below {@code /v1} that no other dialect has, those that do not exist included. */
public final class OpenAiPaths {
    private static final Set<String> OF_OTHERS =
            Set.of("queue", "queues", "keys", "channels", "dead-letters", "callbacks", "tasks", "console", "workers");

    private OpenAiPaths() {}

    /** @param path of the request below the application's root, with a slash before it or without */
    public static boolean contains(String path) {
        String[] parts = (path.startsWith("/") ? path.substring(1) : path).split("/", 3);
        return parts[0].equals("v1") && (parts.length == 1 || !OF_OTHERS.contains(parts[1]));
    }
}
