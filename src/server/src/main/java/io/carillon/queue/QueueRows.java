package io.carillon.queue;

import io.carillon.platform.database.Entities;
import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import jakarta.persistence.TypedQuery;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
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

    List<Queue> named(Collection<QueueName> names) {
        List<String> texts = names.stream().map(QueueName::text).toList();
        return queues(manager -> manager.createQuery("select q from QueueRow q where q.name in :names", QueueRow.class)
                .setParameter("names", texts));
    }

    List<Queue> numbered(Collection<Integer> numbers) {
        return queues(manager -> manager.createQuery("select q from QueueRow q where q.id in :ids", QueueRow.class)
                .setParameter("ids", numbers));
    }

    private List<Queue> queues(Function<EntityManager, TypedQuery<QueueRow>> query) {
        return entities.transaction(manager -> query.apply(manager).getResultList()).stream()
                .map(QueueRow::queue)
                .toList();
    }

    private static Optional<QueueRow> row(EntityManager manager, QueueName name, LockModeType lock) {
        return manager.createQuery(BY_NAME, QueueRow.class)
                .setParameter("name", name.text())
                .setLockMode(lock)
                .getResultStream()
                .findFirst();
    }

    List<Queue> all() {
        return queues(manager -> manager.createQuery("select q from QueueRow q order by q.id", QueueRow.class));
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
