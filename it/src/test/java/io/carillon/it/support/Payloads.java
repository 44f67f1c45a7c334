package io.carillon.it.support;

import java.util.stream.Stream;

/** User JSON that a careless server changes on its way. */
public final class Payloads {
    /** Twice the depth that people use. */
    public static final String NESTED = "{\"n\":".repeat(50) + "null" + "}".repeat(50);

    /** Some more than one MB. */
    public static final String LARGE = "{\"large\":\"" + "0123456789abcdef".repeat(65_536) + "\",\"end\":null}";

    private Payloads() {}

    /** JSON objects that must come out as they went in. */
    public static Stream<String> objects() {
        return Stream.of(
                "{}",
                "{\"content\":null,\"calls\":[null,{\"x\":null}]}",
                "{\"id\":123456789012345678901234567890,\"min\":-9223372036854775809}",
                "{\"a\":0.1,\"b\":1.0,\"c\":1E400,\"d\":-0.0,\"e\":1.10e+05,\"f\":3.141592653589793238462643383279}",
                "{\"z\":1,\"a\":2,\"m\":{\"y\":1,\"b\":2}}",
                "{\"same\":1,\"same\":2}",
                "{ \"spaces\" :\t[ 1 , 2 ]\n}",
                "{\"ünï\":\"日本語 🎼 👩‍🚀\",\"\":\"\"}",
                "{\"escapes\":\"\\u00e9\\ud83c\\udfbc\\/\\\"\\\\\\n\\u0000\\u2028\"}",
                "{\"response_mode\":\"blocking\",\"task_id\":\"mine\",\"timeout\":null}",
                NESTED,
                LARGE);
    }
}
