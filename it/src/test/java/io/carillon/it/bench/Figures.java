package io.carillon.it.bench;

import java.util.Locale;
import java.util.Map;

/**
 * What a measurement found.
 *
 * @param what for people
 * @param tally what the clients counted
 * @param seconds how long it took
 * @param cpu seconds of each process
 * @param own CPU seconds of the clients
 * @param others which share of the machine's processors was busy with anything else; figures mean little above 0.15
 */
record Figures(String what, Tally tally, double seconds, Map<String, Double> cpu, double own, double others) {
    double perSecond() {
        return tally.done() / seconds;
    }

    /** CPU seconds of all processes for 1,000; NaN when no process is known. */
    double cpuPerThousand() {
        return cpu.isEmpty() || tally.done() == 0
                ? Double.NaN
                : cpu.values().stream().mapToDouble(Double::doubleValue).sum() * 1000 / tally.done();
    }

    /** The sum, and each. */
    String cpuText() {
        if (cpu.isEmpty() || tally.done() == 0) {
            return "not known";
        }
        StringBuilder each = new StringBuilder();
        for (double used : cpu.values()) {
            each.append(each.length() == 0 ? "" : " + ").append(number(used * 1000 / tally.done()));
        }
        return number(cpuPerThousand()) + (cpu.size() > 1 ? " (" + each + ")" : "");
    }

    /** What to say beside a figure when not all went well. */
    String errorText() {
        return tally.failed() == 0 ? "" : ", " + tally.failed() + " errors " + tally.errors();
    }

    private String latencyText() {
        return Double.isNaN(tally.ms(0.5))
                ? ""
                : "p50 " + number(tally.ms(0.5)) + ", p95 " + number(tally.ms(0.95)) + ", p99 " + number(tally.ms(0.99))
                        + " ms, ";
    }

    /** One line with all of it. */
    @Override
    public String toString() {
        return what + ": " + count(perSecond()) + "/s, " + tally.done() + " in " + number(seconds) + " s, "
                + latencyText() + "errors " + tally.failed() + (tally.failed() > 0 ? " " + tally.errors() : "")
                + (cpu.isEmpty() ? "" : ", CPU s per 1,000: " + cpuText() + " " + cpu.keySet()) + ", load generator "
                + number(own * 1000 / Math.max(1, tally.done())) + ", others on this machine "
                + count(100 * others) + " %";
    }

    /** With as many digits as mean something. */
    static String number(double value) {
        int digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    /** A whole number, its thousands apart. */
    static String count(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }
}
