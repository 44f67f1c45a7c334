package io.carillon.it.bench;

import io.carillon.it.bench.Row.Measured;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures the rows of the table in docs/performance.md and prints it. {@code mvn -Pbench} runs it; the document says with
 * which properties. Exit code 1 when something could not be measured.
 */
public final class Bench {
    private static final String HEAD =
            "| what | Bella | at least | aim | measured | CPU s per 1,000: server + MariaDB + Redis |\n"
                    + "|---|---|---|---|---|---|";

    private Bench() {}

    public static void main(String[] arguments) throws IOException {
        try {
            Options options = Options.ofSystemProperties();
            boolean well = options.rows().equals(List.of(Jmh.NAME)) ? Jmh.run() : run(options, rows(options.rows()));
            System.exit(well ? 0 : 1);
        } catch (IllegalArgumentException e) {
            System.err.println("bench: " + e.getMessage());
            System.exit(2);
        }
    }

    private static boolean run(Options options, List<Row> rows) throws IOException {
        List<String> table = new ArrayList<>();
        boolean well = true;
        try (Environment environment = Environment.open(options)) {
            Runtime.getRuntime().addShutdownHook(new Thread(environment::close, "stop"));
            for (Row row : rows) {
                System.err.println(row.name());
                Measured measured;
                try {
                    measured = row.measurement().run(environment);
                } catch (IOException | RuntimeException failure) {
                    well = false;
                    measured = new Measured("failed: " + failure, "");
                    failure.printStackTrace();
                }
                table.add("| "
                        + String.join(
                                " | ",
                                row.what(),
                                row.bella(),
                                row.atLeast(),
                                row.aim(),
                                measured.figure(),
                                measured.cpu())
                        + " |");
            }
            table.add("\nOthers used up to " + Figures.count(100 * environment.others())
                    + " % of this machine while something was measured.");
        }
        System.out.println(HEAD);
        table.forEach(System.out::println);
        return well;
    }

    private static List<Row> rows(List<String> names) {
        if (names.isEmpty()) {
            return Rows.ALL.stream().filter(Row::usual).toList();
        }
        List<String> known = Rows.ALL.stream().map(Row::name).toList();
        names.stream().filter(name -> !known.contains(name)).findFirst().ifPresent(name -> {
            throw new IllegalArgumentException(
                    "No row is called " + name + "; there are " + known + ", and alone " + Jmh.NAME);
        });
        return Rows.ALL.stream().filter(row -> names.contains(row.name())).toList();
    }
}
