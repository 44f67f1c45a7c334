package io.carillon.task;

import io.carillon.queue.Level;

/** The names of Redis keys as far as Java needs them, to read; what changes them is spelled in {@code lua/shared/queue.lua}. */
public final class Keys {
    private Keys() {}

    /** The prefix of all keys of a queue. Its hash tag puts them into one slot of a cluster. */
    public static String queue(int number) {
        return "carillon:{" + number + "}:";
    }

    /** The stream of what happens to a task that somebody watches. */
    public static String events(TaskId id) {
        return queue(id.queue()) + "events:" + id.text();
    }

    static String task(TaskId id) {
        return queue(id.queue()) + "task:" + id.text();
    }

    static String online(int queue) {
        return queue(queue) + "online";
    }

    static String owed(int queue) {
        return queue(queue) + "owed";
    }

    static String dead(int queue) {
        return queue(queue) + "dead";
    }

    static String held(int queue, String instance) {
        return queue(queue) + "held:" + instance;
    }

    static String ready(int queue, Level level, String group) {
        return queue(queue) + "ready:" + level + (group.isEmpty() ? "" : ":" + group);
    }

    static String groups(int queue, Level level) {
        return queue(queue) + "groups:" + level;
    }

    static String blocked(int queue, Level level) {
        return queue(queue) + "blocked:" + level;
    }

    /** On which run of Redis the queue's epoch was opened. */
    static String epoch(int queue, long epoch) {
        return queue(queue) + "epoch:" + epoch;
    }

    static String overflow(int queue, Level level) {
        return queue(queue) + "overflow:" + level;
    }

    static String window(int queue) {
        return queue(queue) + "window";
    }

    static String refilling(int queue, Level level) {
        return queue(queue) + "refilling:" + level;
    }

    static String unwritten(int queue) {
        return queue(queue) + "unwritten";
    }
}
