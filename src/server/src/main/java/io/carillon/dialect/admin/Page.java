package io.carillon.dialect.admin;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * A part of a list.
 *
 * @param object always {@code list}
 * @param hasMore whether there are more after the last one of {@code data}
 */
public record Page<T>(String object, List<T> data, boolean hasMore) {
    private static final int MOST = 1000;
    private static final int USUAL = 100;
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,4}");

    /** @param found one more than asked for, when there are more */
    static <F, T> Page<T> of(List<F> found, int limit, Function<F, T> shape) {
        return new Page<>("list", found.stream().limit(limit).map(shape).toList(), found.size() > limit);
    }

    /**
     * How many the client wants: 1 to 1000.
     *
     * @param text the query parameter, or null for 100
     * @throws Refused {@link Reason#INVALID}
     */
    static int limit(String text) {
        if (text == null) {
            return USUAL;
        }
        int limit = NUMBER.matcher(text).matches() ? Integer.parseInt(text) : 0;
        if (limit < 1 || limit > MOST) {
            throw new Refused(Reason.INVALID, "limit is a number from 1 to " + MOST, "limit");
        }
        return limit;
    }
}
