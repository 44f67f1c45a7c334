package io.carillon.it.torture;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** What the servers have promised, as the outside heard it. Safe for many threads. */
final class Ledger {
    private final AtomicInteger acknowledged = new AtomicInteger();
    private final Map<String, List<String>> puts = new ConcurrentHashMap<>();
    private final Map<String, Set<String>> results = new ConcurrentHashMap<>();
    private final Map<String, Set<String>> callbacks = new ConcurrentHashMap<>();
    private final Set<String> handedBack = ConcurrentHashMap.newKeySet();

    /** A put was answered with 200. One producer's come one after the other. */
    void acknowledged(String producer, String id) {
        puts.computeIfAbsent(producer, name -> new CopyOnWriteArrayList<>()).add(id);
        acknowledged.incrementAndGet();
    }

    int acknowledged() {
        return acknowledged.get();
    }

    /** The ids of each producer, in its order. */
    Map<String, List<String>> puts() {
        return puts;
    }

    /** A completion was accepted. */
    void accepted(String id, String result) {
        results.computeIfAbsent(id, task -> ConcurrentHashMap.newKeySet()).add(result);
    }

    Set<String> results(String id) {
        return results.getOrDefault(id, Set.of());
    }

    /** A worker handed it back, or let its lease run out. */
    void handedBack(String id) {
        handedBack.add(id);
    }

    boolean wasHandedBack(String id) {
        return handedBack.contains(id);
    }

    void calledBack(String id, String body) {
        callbacks.computeIfAbsent(id, task -> ConcurrentHashMap.newKeySet()).add(body);
    }

    Set<String> callbacks(String id) {
        return callbacks.getOrDefault(id, Set.of());
    }
}
