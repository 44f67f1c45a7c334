package io.carillon.it.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The processes that are measured.
 *
 * @param pids by name: {@code server}, {@code mariadb}, {@code redis}; those of them that are known
 */
record Processes(Map<String, Long> pids) {
    /** What the kernel counts user and system time in. */
    static final double TICKS_PER_SECOND = 100;

    /** Those that a launcher started, by the files in its data directory. */
    static Processes of(Path dataDirectory) throws IOException {
        Map<String, Long> pids = new LinkedHashMap<>();
        for (String name : List.of("server", "mariadb", "redis")) {
            Path file = dataDirectory.resolve("run").resolve(name + ".pid");
            if (Files.exists(file)) {
                pids.put(name, Long.valueOf(Files.readString(file).strip()));
            }
        }
        return new Processes(pids);
    }

    /** CPU seconds that each used so far, those of its children with it. */
    Map<String, Double> cpu() throws IOException {
        Map<String, Double> used = new LinkedHashMap<>();
        for (Map.Entry<String, Long> one : pids.entrySet()) {
            used.put(one.getKey(), cpu(one.getValue()));
        }
        return used;
    }

    private static double cpu(long pid) throws IOException {
        double seconds = ownCpu(pid);
        try (Stream<ProcessHandle> children = ProcessHandle.of(pid).stream().flatMap(ProcessHandle::descendants)) {
            for (ProcessHandle child : children.toList()) {
                try {
                    seconds += ownCpu(child.pid());
                } catch (IOException ended) {
                    // its parent has it now
                }
            }
        }
        return seconds;
    }

    private static double ownCpu(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
        // After the name, which may have blanks: its own user and system time, then those of children that ended.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long ticks = 0;
        for (int i = 11; i <= 14; i++) {
            ticks += Long.parseLong(fields[i]);
        }
        return ticks / TICKS_PER_SECOND;
    }
}
