package io.carillon.platform.metrics;

import jakarta.ws.rs.Path;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The paths of resource methods as their annotations declare them, such as {@code /v1/keys/{id}}. Safe for many threads. */
class PathTemplates {
    private record Target(Class<?> resource, Method method) {}

    private final Map<Target, String> known = new ConcurrentHashMap<>();

    String of(Class<?> resource, Method method) {
        return known.computeIfAbsent(new Target(resource, method), PathTemplates::read);
    }

    private static String read(Target target) {
        // A container may hand out a generated subclass, which has no annotations.
        Class<?> type = target.resource();
        while (type != Object.class && !type.isAnnotationPresent(Path.class)) {
            type = type.getSuperclass();
        }
        if (type == Object.class) {
            return "/{path}";
        }
        Path ofType = type.getAnnotation(Path.class);
        Path ofMethod = target.method().getAnnotation(Path.class);
        String path = ofType.value() + "/" + (ofMethod == null ? "" : ofMethod.value());
        return ("/" + path)
                .replaceAll("\\{\\s*([^:}\\s]+)\\s*:[^}]*}", "{$1}")
                .replaceAll("/{2,}", "/")
                .replaceAll("(?<=.)/$", "");
    }
}
