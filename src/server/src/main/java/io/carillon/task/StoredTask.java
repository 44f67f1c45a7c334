package io.carillon.task;

/**
 * An offline task as MariaDB has it.
 *
 * @param maxLost how many leases it may lose, as a take has said; null as the queue says
 * @param size how many bytes its data has, also when that was not read
 * @param sequential whether it was taken sequentially, so that it holds the lock of its level while it runs
 */
record StoredTask(Task task, int size, Integer maxLost, boolean sequential) {
    /** Above this, data stays in MariaDB and is read when the task is taken. */
    static final int LARGE = 16 << 10;

    StoredTask(Task task) {
        this(task, task.data() == null ? 0 : task.data().bytes().length, null, false);
    }

    boolean fitsWindow() {
        return task.data() != null && task.data().bytes().length <= LARGE;
    }

    String group() {
        String group = task.specification().group();
        return group == null ? "" : group;
    }
}
