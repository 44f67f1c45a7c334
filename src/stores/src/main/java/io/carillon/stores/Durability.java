package io.carillon.stores;

/** How hard the stores try to keep what they were given. */
public enum Durability {
    /** As in production: MariaDB writes through at each commit, Redis once a second. */
    FULL,
    /** For tests: survives the death of the process, not of the machine, and starts faster. */
    RELAXED
}
