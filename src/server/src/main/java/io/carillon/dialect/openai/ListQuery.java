package io.carillon.dialect.openai;

import io.carillon.platform.error.Refused;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which page of a list a client wants (contract 2.3 and 3.4).
 *
 * @param limit how many elements at most
 * @param ascending oldest first; otherwise newest first
 * @param after the id of the element after which to go on
 */
public record ListQuery(int limit, boolean ascending, Optional<String> after) {
    private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]{1,40}");
    private static final int SHORT = 10;

    /**
     * Reads the parameters of a query; each may be null.
     *
     * @param usual the limit when none is given
     * @param most the largest limit
     * @throws Refused 400 in OpenAI's words
     */
    public static ListQuery of(String limit, String order, String after, int usual, int most) {
        boolean ascending = "asc".equals(order);
        if (order != null && !ascending && !order.equals("desc")) {
            throw Invalid.value("order", order, "asc", "desc");
        }
        return new ListQuery(limit == null ? usual : limit(limit, most), ascending, Optional.ofNullable(after));
    }

    private static int limit(String text, int most) {
        if (!INTEGER.matcher(text).matches()) {
            throw Invalid.type("limit", "an integer", "a string");
        }
        boolean negative = text.startsWith("-");
        String digits = text.replaceFirst("^[+-]?0*(?=[0-9])", "");
        long value = digits.length() > SHORT ? Long.MAX_VALUE : Long.parseLong(digits);
        if (negative || value < 1) {
            throw Invalid.below("limit", 1, text);
        }
        if (value > most) {
            throw Invalid.above("limit", most, text);
        }
        return (int) value;
    }
}
