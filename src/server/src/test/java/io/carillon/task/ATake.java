package io.carillon.task;

import io.carillon.queue.FullQueueName;
import io.carillon.queue.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A take, of which a test says only what matters: else it is of one task, of level 1 of the engine's first queue. */
final class ATake {
    private final Engine engine;
    private final List<FullQueueName> queues = new ArrayList<>();
    private Strategy strategy = Strategy.FIFO;
    private int size = 1;
    private Duration leastAge = Duration.ZERO;
    private Optional<Duration> lease = Optional.empty();
    private OptionalInt lostLeases = OptionalInt.empty();
    private String worker;
    private boolean heartbeats;
    private Duration patience = Duration.ZERO;

    ATake(Engine engine) {
        this.engine = engine;
    }

    ATake from(Queue queue, int level) {
        queues.add(engine.name(queue, level));
        return this;
    }

    ATake from(String name) {
        queues.add(FullQueueName.parse(name));
        return this;
    }

    ATake online() {
        return from(engine.first(), 0);
    }

    ATake by(Strategy way) {
        strategy = way;
        return this;
    }

    ATake size(int most) {
        size = most;
        return this;
    }

    ATake atLeastOld(Duration age) {
        leastAge = age;
        return this;
    }

    /** The lease runs out as soon as it is given. */
    ATake losingTheLease() {
        return leasing(Duration.ZERO);
    }

    ATake leasing(Duration time) {
        lease = Optional.of(time);
        return this;
    }

    ATake losingAtMost(int leases) {
        lostLeases = OptionalInt.of(leases);
        return this;
    }

    ATake worker(String name) {
        worker = name;
        return this;
    }

    ATake heartbeating() {
        heartbeats = true;
        return this;
    }

    ATake waiting(Duration time) {
        patience = time;
        return this;
    }

    Take make() {
        List<FullQueueName> from = queues.isEmpty() ? List.of(engine.name(engine.first(), 1)) : List.copyOf(queues);
        return new Take(from, strategy, size, Map.of(), leastAge, lease, lostLeases, worker, heartbeats, patience);
    }

    Map<FullQueueName, List<Attempt>> take() {
        return Waiting.on(engine.takes.take(make()));
    }

    List<TaskId> takeIds() {
        return Engine.ids(take());
    }

    /** Takes exactly one. */
    Attempt takeOne() {
        List<Attempt> taken = take().values().stream().flatMap(List::stream).toList();
        if (taken.size() != 1) {
            throw new AssertionError("Took " + taken.size() + " tasks instead of one");
        }
        return taken.get(0);
    }
}
