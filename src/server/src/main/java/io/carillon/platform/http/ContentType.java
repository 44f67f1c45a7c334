package io.carillon.platform.http;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.Locale;
import java.util.regex.Pattern;

/** What the header {@code Content-Type} must say of a JSON body. */
final class ContentType {
    private static final Pattern JSON = Pattern.compile("application/(?:json|[a-z0-9!#$&^_.-]+\\+json)");

    private ContentType() {}

    /**
     * Takes {@code application/json} and {@code application/*+json}, without a charset or with UTF-8.
     *
     * @param header the header, or null
     * @throws Refused {@link Reason#UNSUPPORTED_TYPE}
     */
    static void requireJson(String header) {
        String[] parts = header == null
                ? new String[] {""}
                : header.toLowerCase(Locale.ROOT).split(";");
        if (parts.length == 0 || !JSON.matcher(parts[0].strip()).matches()) {
            throw refused("The body must be JSON, with the header Content-Type: application/json");
        }
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip();
            if (parameter.startsWith("charset=") && !isUtf8(parameter.substring("charset=".length()))) {
                throw refused("The body must be JSON in UTF-8; send no other charset");
            }
        }
    }

    private static boolean isUtf8(String charset) {
        String name = charset.replace("\"", "").strip();
        return name.equals("utf-8") || name.equals("utf8") || name.equals("us-ascii");
    }

    private static Refused refused(String message) {
        return new Refused(Reason.UNSUPPORTED_TYPE, message, "Content-Type");
    }
}
