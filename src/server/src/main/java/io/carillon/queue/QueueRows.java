package io.carillon.queue;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import jakarta.transaction.Transactional;
import java.util.List;
import java.util.Optional;

/** The table of queues. */
@ApplicationScoped
class QueueRows {
    @PersistenceContext
    private EntityManager entities;

    @Transactional
    public Queue insert(QueueName name, String endpoint, String by, long now) {
        QueueRow row = new QueueRow(name, endpoint, by, now);
        entities.persist(row);
        entities.flush();
        return row.queue();
    }

    @Transactional
    public Optional<Queue> find(QueueName name) {
        return entities.createQuery("select q from QueueRow q where q.name = :name", QueueRow.class)
                .setParameter("name", name.text())
                .getResultStream()
                .findFirst()
                .map(QueueRow::queue);
    }

    @Transactional
    public List<Queue> all() {
        return entities.createQuery("select q from QueueRow q order by q.id", QueueRow.class)
                .getResultStream()
                .map(QueueRow::queue)
                .toList();
    }
}
