package io.carillon.queue;

import io.carillon.platform.database.Entities;
import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The table of queues. */
class QueueRows {
    private static final String BY_NAME = "select q from QueueRow q where q.name = :name";

    private final Entities entities;

    QueueRows(Entities entities) {
        this.entities = entities;
    }

    /** Fails with a {@link io.carillon.platform.database.DatabaseFailure} when the name is there. */
    Queue insert(QueueName name, String endpoint, String by, long now) {
        return entities.transaction(manager -> {
            QueueRow row = new QueueRow(name, endpoint, by, now);
            manager.persist(row);
            manager.flush();
            return row.queue();
        });
    }

    Optional<Queue> find(QueueName name) {
        return entities.transaction(manager -> row(manager, name, LockModeType.NONE))
                .map(QueueRow::queue);
    }

    Optional<Queue> find(int number) {
        return Optional.ofNullable(entities.transaction(manager -> manager.find(QueueRow.class, number)))
                .map(QueueRow::queue);
    }

    private static Optional<QueueRow> row(EntityManager manager, QueueName name, LockModeType lock) {
        return manager.createQuery(BY_NAME, QueueRow.class)
                .setParameter("name", name.text())
                .setLockMode(lock)
                .getResultStream()
                .findFirst();
    }

    List<Queue> all() {
        return entities
                .transaction(manager -> manager.createQuery("select q from QueueRow q order by q.id", QueueRow.class)
                        .getResultList())
                .stream()
                .map(QueueRow::queue)
                .toList();
    }

    /** Changes the settings as they are now, one change after another; empty when there is no such queue. */
    Optional<Queue> change(QueueName name, UnaryOperator<QueueSettings> change, String by, long now) {
        return entities.transaction(
                manager -> row(manager, name, LockModeType.PESSIMISTIC_WRITE).map(row -> {
                    QueueSettings before = row.queue().settings();
                    QueueSettings after = change.apply(before);
                    if (!after.equals(before)) {
                        row.change(after, by, now);
                    }
                    return row.queue();
                }));
    }
}
