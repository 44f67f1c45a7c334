package io.carillon.task;

/** Counts tasks as the engine does, for tests of what is shown of it. */
public class CountedTasks {
    private final TaskCounts counts = new TaskCounts();

    public TaskCounts counts() {
        return counts;
    }

    public void put(String id) {
        counts.put(TaskId.parse(id));
    }

    public void taken(String id) {
        counts.taken(TaskId.parse(id));
    }

    public void redelivered(String id) {
        counts.redelivered(TaskId.parse(id));
    }

    public void ended(String id, TaskState state, long waited, long ran) {
        counts.ended(TaskId.parse(id), state, waited, ran);
    }
}
