package io.carillon.platform.cache;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Remembers for a moment what was looked up, and also that something was not there. What another instance changes is
 * noticed when the moment is over, so no message between instances is needed.
 *
 * <p>Bounded: a full cache drops what is over its time and, if that is not enough, everything. Only one caller at a time
 * looks a key up while the others wait for it; once half of its time is over, one caller looks again while the others
 * still get the old value, so a busy key is never missing. Safe for many threads.
 *
 * @param <K> needs {@code equals} and {@code hashCode}
 * @param <V> what is found
 */
public class BriefCache<K, V> {
    private static final int LOCKS = 64;

    private record Entry<V>(Optional<V> value, long since, AtomicBoolean refreshing) {}

    private final ConcurrentHashMap<K, Entry<V>> entries = new ConcurrentHashMap<>();
    private final Object[] locks = new Object[LOCKS];
    private final int capacity;
    private final long foundNanos;
    private final long absentNanos;
    private final LongSupplier nanos;

    /**
     * @param capacity how many keys are remembered at most
     * @param found how long something found is remembered
     * @param absent how long it is remembered that there is nothing
     * @param nanos a clock that never goes back, as {@link System#nanoTime}
     */
    public BriefCache(int capacity, Duration found, Duration absent, LongSupplier nanos) {
        this.capacity = capacity;
        this.foundNanos = found.toNanos();
        this.absentNanos = absent.toNanos();
        this.nanos = nanos;
        for (int i = 0; i < LOCKS; i++) {
            locks[i] = new Object();
        }
    }

    /**
     * What is remembered under the key, or what {@code lookup} finds now. What {@code lookup} throws is thrown here,
     * unless the old value still has time left.
     */
    public Optional<V> get(K key, Function<K, Optional<V>> lookup) {
        Entry<V> entry = entries.get(key);
        if (entry != null) {
            long age = nanos.getAsLong() - entry.since();
            long life = life(entry);
            if (age < life / 2) {
                return entry.value();
            }
            if (age < life) {
                return entry.refreshing().compareAndSet(false, true) ? refreshed(key, entry, lookup) : entry.value();
            }
        }
        synchronized (locks[Math.floorMod(key.hashCode(), LOCKS)]) {
            Entry<V> again = entries.get(key);
            if (again != null && nanos.getAsLong() - again.since() < life(again)) {
                return again.value();
            }
            return lookedUp(key, lookup);
        }
    }

    /** Whether this key was found by its last lookup, however long ago; it may have been dropped since. */
    public boolean found(K key) {
        Entry<V> entry = entries.get(key);
        return entry != null && entry.value().isPresent();
    }

    /** Looks this key up again at the next call. A lookup that has already begun may still bring the old value. */
    public void forget(K key) {
        entries.remove(key);
    }

    int size() {
        return entries.size();
    }

    private Optional<V> refreshed(K key, Entry<V> old, Function<K, Optional<V>> lookup) {
        try {
            return lookedUp(key, lookup);
        } catch (RuntimeException failure) {
            // The old value has time left; when that is over, the next caller gets the failure.
            return old.value();
        }
    }

    private Optional<V> lookedUp(K key, Function<K, Optional<V>> lookup) {
        // Read before the lookup: a change during it must not be hidden for longer than promised.
        long since = nanos.getAsLong();
        Optional<V> value = lookup.apply(key);
        if (entries.size() >= capacity) {
            makeRoom(since);
        }
        entries.put(key, new Entry<>(value, since, new AtomicBoolean()));
        return value;
    }

    private void makeRoom(long now) {
        entries.values().removeIf(entry -> now - entry.since() >= life(entry));
        if (entries.size() >= capacity) {
            entries.clear();
        }
    }

    private long life(Entry<V> entry) {
        return entry.value().isPresent() ? foundNanos : absentNanos;
    }
}
