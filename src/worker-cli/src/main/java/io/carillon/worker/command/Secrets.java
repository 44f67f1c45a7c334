package io.carillon.worker.command;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What neither a log nor the error of a task may have: keys, and the values in the environment whose names say that they are
 * secret. They become asterisks.
 */
final class Secrets {
    static final Secrets NONE = new Secrets(List.of());
    private static final List<String> SECRET =
            List.of("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL", "AUTH", "COOKIE");
    private static final int SHORTEST = 6;

    private final List<String> values;

    /**
     * @param values each line of which counts that has six characters: shorter ones would make a log unreadable and guard nothing,
     *     and a log is read line by line
     */
    Secrets(Collection<String> values) {
        // the longest first, for one may have another in it
        this.values = values.stream()
                .filter(Objects::nonNull)
                .flatMap(value -> Stream.concat(Stream.of(value), value.lines().map(String::strip)))
                .filter(value -> value.length() >= SHORTEST)
                .distinct()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
    }

    /** Those of the environment. */
    static Secrets of(Map<String, String> environment) {
        return new Secrets(environment.entrySet().stream()
                .filter(entry -> isSecret(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList());
    }

    /** Whether a variable or a header of this name has a secret. */
    static boolean isSecret(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        return SECRET.stream().anyMatch(upper::contains);
    }

    /** These, and more. */
    Secrets and(Collection<String> more) {
        List<String> all = new ArrayList<>(values);
        all.addAll(more);
        return new Secrets(all);
    }

    String masked(String text) {
        if (text == null) {
            return null;
        }
        String masked = text;
        for (String secret : values) {
            masked = masked.replace(secret, "****");
        }
        return masked;
    }
}
