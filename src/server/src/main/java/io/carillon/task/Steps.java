package io.carillon.task;

/** Runs steps that must not keep each other from being tried, and keeps the first failure for the end. For one thread. */
final class Steps {
    private RuntimeException first;

    void run(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException failure) {
            if (first == null) {
                first = failure;
            }
        }
    }

    /** @throws RuntimeException the first failure, if there was one */
    void end() {
        if (first != null) {
            throw first;
        }
    }
}
