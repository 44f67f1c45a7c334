package io.carillon.task;

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

    static String held(int queue, String instance) {
        return queue(queue) + "held:" + instance;
    }

    static String ready(int queue, int level) {
        return queue(queue) + "ready:" + level;
    }
}
