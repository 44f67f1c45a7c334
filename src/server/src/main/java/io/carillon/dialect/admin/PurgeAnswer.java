package io.carillon.dialect.admin;

import io.carillon.queue.Queue;
import io.carillon.task.Purges;

/**
 * How far a purge is.
 *
 * @param cancelled how many tasks it has cancelled, at the levels that it is through with
 * @param done whether it is through with all; if not, it goes on
 */
public record PurgeAnswer(String queue, long cancelled, boolean done) {

    static PurgeAnswer of(Queue queue, Purges.Progress progress) {
        return new PurgeAnswer(queue.name().text(), progress.cancelled(), progress.done());
    }
}
