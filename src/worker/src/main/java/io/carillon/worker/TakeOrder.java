package io.carillon.worker;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * In which order a take names the queues: smaller levels first, and within a level as they were given. With weights, the order
 * within a level is drawn anew for each take, and a queue of weight 3 comes before one of weight 1 three times out of four; so
 * where all have tasks, each gets its share, and where one has none, the others get all. Safe for many threads.
 */
final class TakeOrder {
    private record Named(String queue, int level, int weight, int place) {
        /** The queue without the level. */
        String name() {
            return queue.substring(0, queue.lastIndexOf(':'));
        }
    }

    private final List<Named> names = new ArrayList<>();
    private final boolean weighted;
    private final Strategy strategy;
    private final AtomicInteger turn = new AtomicInteger();

    TakeOrder(List<QueueShare> shares, Strategy strategy) {
        this.strategy = strategy;
        this.weighted = shares.stream().mapToInt(QueueShare::weight).distinct().count() > 1;
        for (QueueShare share : shares) {
            for (String name : share.names()) {
                int level = Integer.parseInt(name.substring(name.lastIndexOf(':') + 1));
                names.add(new Named(name, level, share.weight(), names.size()));
            }
        }
        names.sort(Comparator.comparingInt(Named::level).thenComparingInt(Named::place));
    }

    /**
     * @param size how many tasks are wanted; a sequential take gives one of each queue, so it names no more queues than that
     * @param without queues, by their names without levels, that are left out; unless none would be left
     */
    List<String> next(int size, Set<String> without) {
        List<Named> names = without.isEmpty()
                ? this.names
                : this.names.stream()
                        .filter(name -> !without.contains(name.name()))
                        .toList();
        return names.isEmpty() ? next(size, this.names) : next(size, names);
    }

    private List<String> next(int size, List<Named> names) {
        if (strategy == Strategy.SEQUENTIAL && size < names.size()) {
            List<String> some = new ArrayList<>();
            int first = Math.floorMod(turn.getAndAdd(size), names.size());
            for (int i = 0; i < size; i++) {
                some.add(names.get((first + i) % names.size()).queue());
            }
            return some;
        }
        if (!weighted) {
            return names.stream().map(Named::queue).toList();
        }
        // The smallest of exponentially distributed draws, each with its weight as rate, falls on a queue by its share.
        Map<Named, Double> draws = new HashMap<>();
        names.forEach(name ->
                draws.put(name, -Math.log(1 - ThreadLocalRandom.current().nextDouble()) / name.weight()));
        return names.stream()
                .sorted(Comparator.comparingInt(Named::level).thenComparingDouble(draws::get))
                .map(Named::queue)
                .toList();
    }
}
