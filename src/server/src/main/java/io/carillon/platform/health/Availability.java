package io.carillon.platform.health;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether this instance can do its work: both stores answer, and it is not about to stop. Safe for many threads.
 */
public class Availability {
    public static final String REDIS = "redis";
    public static final String MARIA_DB = "mariadb";
    private static final String SERVER = "server";

    private final List<StoreProbe> stores;
    private volatile boolean stopping;

    Availability(List<StoreProbe> stores) {
        this.stores = List.copyOf(stores);
    }

    /** From now on it is not ready, so that no more requests are sent here. */
    public void stop() {
        stopping = true;
    }

    public boolean isStopping() {
        return stopping;
    }

    public List<StoreProbe> stores() {
        return stores;
    }

    /** Whether a store of that name answers; see {@link StoreProbe#ask}. */
    public boolean answers(String store) {
        return stores.stream().filter(each -> each.store().equals(store)).allMatch(each -> each.ask()
                .answers());
    }

    /** What the instance needs, by name, each with the reason why it is down, or with an empty text. */
    public Map<String, String> parts() {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put(SERVER, stopping ? "is stopping" : "");
        for (StoreProbe store : stores) {
            StoreProbe.Answer answer = store.ask();
            parts.put(store.store(), answer.answers() ? "" : answer.why());
        }
        return parts;
    }
}
