package io.carillon.it.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Looks at the clocks when something begins, and again when it ends. */
final class Meter {
    private static final Path MACHINE = Path.of("/proc/stat");

    private final Processes processes;
    private final Map<String, Double> before;
    private final double own;
    private final double all;
    private final long start;

    Meter(Processes processes) throws IOException {
        this.processes = processes;
        this.before = processes.cpu();
        this.own = ownCpu();
        this.all = allCpu();
        this.start = System.nanoTime();
    }

    Figures stop(String what, Tally tally) throws IOException {
        double seconds = (System.nanoTime() - start) / 1e9;
        double everybody = allCpu() - all;
        double generator = ownCpu() - own;
        Map<String, Double> used = new LinkedHashMap<>(processes.cpu());
        used.replaceAll((name, now) -> now - before.getOrDefault(name, now));
        double ours = generator
                + used.values().stream().mapToDouble(Double::doubleValue).sum();
        double others =
                Math.max(0, everybody - ours) / seconds / Runtime.getRuntime().availableProcessors();
        return new Figures(what, tally, seconds, used, generator, others);
    }

    private static double ownCpu() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                        .getProcessCpuTime()
                / 1e9;
    }

    /** Seconds that all processors of this machine were busy. */
    private static double allCpu() throws IOException {
        try (Stream<String> lines = Files.lines(MACHINE)) {
            // user, nice, system, idle, waiting for disks, interrupts, stolen
            String[] fields = lines.findFirst().orElseThrow().trim().split(" +");
            return List.of(1, 2, 3, 6, 7, 8).stream()
                            .mapToLong(i -> Long.parseLong(fields[i]))
                            .sum()
                    / Processes.TICKS_PER_SECOND;
        }
    }
}
