package io.carillon.dialect.openai.file;

import io.carillon.dialect.openai.Invalid;
import io.carillon.file.NewFile;
import io.carillon.platform.error.Refused;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** The name of a file, as clients send it and as they get it. */
final class FileName {
    private static final String NAMELESS = "file";

    private FileName() {}

    /**
     * What a client sent, without any directory and without control characters.
     *
     * @param parameter that had it
     * @throws Refused 400 {@code string_above_max_length}
     */
    static String of(String sent, String parameter) {
        String name = sent.substring(Math.max(sent.lastIndexOf('/'), sent.lastIndexOf('\\')) + 1)
                .replaceAll("\\p{Cntrl}", "");
        if (name.length() > NewFile.LONGEST_NAME) {
            throw Invalid.tooLong(parameter, NewFile.LONGEST_NAME, name.length());
        }
        return name.isEmpty() ? NAMELESS : name;
    }

    /** The header {@code Content-Disposition} of a download (RFC 6266). */
    static String disposition(String name) {
        String plain = name.replaceAll("[^ -~]|[\"\\\\%]", "_");
        String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A");
        return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + encoded;
    }
}
