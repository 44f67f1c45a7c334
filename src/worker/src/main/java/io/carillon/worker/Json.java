package io.carillon.worker;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;

/**
 * Reads JSON as the server takes it: it bounds bodies as a whole, and a text, a number or a name may be as long as that allows.
 * Jackson by itself refuses long ones. The factories are safe for many threads.
 */
public final class Json {
    /** The time that a number takes grows with the square of its digits: a few million of them keep a core busy for minutes. */
    private static final int MOST_DIGITS = 20_000;

    private Json() {}

    /** For those who read token by token and do not ask for the value of a number. */
    public static JsonFactory forTokens() {
        return factory(Integer.MAX_VALUE);
    }

    /** For those who read values and trees: numbers have at most 20,000 digits. */
    public static JsonFactory forValues() {
        return factory(MOST_DIGITS);
    }

    private static JsonFactory factory(int digits) {
        return JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNumberLength(digits)
                        .maxStringLength(Integer.MAX_VALUE)
                        .maxNameLength(Integer.MAX_VALUE)
                        .build())
                // names are the producers': kept for good they would fill the memory
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .build();
    }
}
