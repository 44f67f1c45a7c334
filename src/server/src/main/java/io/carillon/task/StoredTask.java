package io.carillon.task;

/**
 * An offline task as MariaDB has it.
 *
 * @param lostLeases how many leases it may lose
 */
record StoredTask(Task task, int lostLeases) {
    /** Above this, data stays in MariaDB and is read when the task is taken. */
    private static final int LARGE = 16 << 10;

    boolean fitsWindow() {
        return task.data().bytes().length <= LARGE;
    }
}
