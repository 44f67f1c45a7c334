package io.carillon.it.bench;

import java.io.IOException;
import java.nio.file.Path;

/** Runs the benchmarks of it/jmh, in a JVM of their own. */
final class Jmh {
    static final String NAME = "jmh";

    private Jmh() {}

    /** @return whether all went well */
    static boolean run() throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "org.openjdk.jmh.Main",
                        "-foe",
                        "true")
                .inheritIO()
                .start();
        Thread stop = new Thread(process::destroy, "stop JMH");
        Runtime.getRuntime().addShutdownHook(stop);
        try {
            return process.waitFor() == 0;
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
