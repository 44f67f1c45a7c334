package io.carillon.task;

/**
 * How a task was given to workers so far.
 *
 * @param attempt the number of the current or latest attempt; 0 before the first
 * @param lost how many leases ran out
 * @param failures how many attempts failed
 * @param worker who has it or had it last, or null when unknown
 * @param started when the latest attempt began, in ms; 0 when nobody took it yet
 * @param deadline when the current lease ends, in ms; 0 without one
 * @param due when it may be taken again, in ms; 0 unless it is scheduled
 */
public record Delivery(int attempt, int lost, int failures, String worker, long started, long deadline, long due) {
    static final Delivery NONE = new Delivery(0, 0, 0, null, 0, 0, 0);

    static Delivery dueAt(long due) {
        return new Delivery(0, 0, 0, null, 0, 0, due);
    }
}
