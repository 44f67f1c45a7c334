package io.carillon.it.bench;

import java.io.IOException;

/**
 * A row of the table.
 *
 * @param name by which {@code -Dbench=} selects it
 * @param what is measured
 * @param bella what Bella-Queue does on such a machine
 * @param atLeast what must be reached
 * @param aim what we want
 * @param usual whether it is measured when no row is named
 */
record Row(String name, String what, String bella, String atLeast, String aim, boolean usual, Measurement measurement) {
    /** Puts the server under load. */
    @FunctionalInterface
    interface Measurement {
        Measured run(Environment environment) throws IOException;
    }

    /**
     * What was found.
     *
     * @param figure in the unit of the row's other figures first, then what belongs to it
     * @param cpu seconds for 1,000, of all processes and of each; empty when it says nothing here
     */
    record Measured(String figure, String cpu) {}

    Row(String name, String what, String bella, String atLeast, String aim, Measurement measurement) {
        this(name, what, bella, atLeast, aim, true, measurement);
    }
}
