package io.carillon.it.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What another JVM keeps. */
final class Heap {
    private static final Pattern TOTAL = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)\\s*$");

    private Heap() {}

    /** Bytes of all objects that are reachable, in the JVM of that number. */
    static long live(long pid) throws IOException {
        // What a cleaner has to let go is gone only after the first collection.
        histogram(pid);
        return histogram(pid);
    }

    private static long histogram(long pid) throws IOException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(pid),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String answer = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher total = TOTAL.matcher(answer);
        if (!total.find()) {
            throw new IOException("jcmd does not say what the heap has: "
                    + answer.lines().findFirst().orElse(""));
        }
        return Long.parseLong(total.group(1));
    }
}
