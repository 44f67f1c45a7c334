package io.carillon.dialect.admin;

import io.carillon.queue.Queue;

/**
 * A queue whose settings were changed.
 *
 * @param modifiedBy the public id of the key that changed it last
 * @param modifiedAt ms since 1970
 */
public record QueueControlAnswer(String queue, SettingsAnswer settings, String modifiedBy, long modifiedAt) {

    static QueueControlAnswer of(Queue queue) {
        return new QueueControlAnswer(
                queue.name().text(), SettingsAnswer.of(queue.settings()), queue.modifiedBy(), queue.modifiedAt());
    }
}
