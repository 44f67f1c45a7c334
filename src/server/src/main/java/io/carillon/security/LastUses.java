package io.carillon.security;

import io.carillon.platform.database.Entities;
import io.carillon.platform.error.Refused;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes when keys are used and writes it down behind, each key at most once a minute: a person wants to know which keys
 * are idle, and no request should wait for that. A crash loses a minute of it. Safe for many threads.
 */
class LastUses {
    private static final Logger LOG = LoggerFactory.getLogger(LastUses.class);
    private static final long MINUTE = 60_000;

    private final Entities entities;
    private final Map<String, Long> noted = new ConcurrentHashMap<>();
    private final Map<String, Long> unwritten = new ConcurrentHashMap<>();
    private Future<?> timer;

    LastUses(Entities entities) {
        this.entities = entities;
    }

    /** @param now milliseconds since 1970 */
    void note(String keyId, long now) {
        Long last = noted.get(keyId);
        if (last == null || now - last >= MINUTE) {
            noted.put(keyId, now);
            unwritten.put(keyId, now);
        }
    }

    void start(ScheduledExecutorService scheduler) {
        timer = scheduler.scheduleWithFixedDelay(this::survive, 60, 60, TimeUnit.SECONDS);
    }

    void stop() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    /** Writes what was noted since the last time; what could not be written is tried again at the next. */
    void runOnce() {
        Map<String, Long> uses = Map.copyOf(unwritten);
        if (uses.isEmpty()) {
            return;
        }
        entities.transaction(manager -> {
            uses.forEach((id, at) -> manager.createQuery("update ApiKey k set k.lastUsed = :at"
                            + " where k.id = :id and (k.lastUsed is null or k.lastUsed < :at)")
                    .setParameter("at", at)
                    .setParameter("id", id)
                    .executeUpdate());
            return null;
        });
        uses.forEach(unwritten::remove);
        long newest = uses.values().stream().mapToLong(Long::longValue).max().orElse(0);
        noted.values().removeIf(at -> newest - at > 2 * MINUTE);
    }

    private void survive() {
        try {
            runOnce();
        } catch (Refused unreachable) {
            LOG.debug("The last use of keys was not written: {}", unreachable.getMessage());
        } catch (RuntimeException failure) {
            // A task that throws is never run again.
            LOG.warn("The last use of keys could not be written", failure);
        }
    }
}
