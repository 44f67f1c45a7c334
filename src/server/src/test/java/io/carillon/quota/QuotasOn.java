package io.carillon.quota;

import io.carillon.platform.database.Database;
import io.carillon.platform.redis.RedisClients;
import io.carillon.platform.redis.Scripts;

/** Quotas on real stores, with Redis or, for what is counted in MariaDB alone, without. */
public final class QuotasOn {
    private QuotasOn() {}

    /** @param usual what holds for every key */
    public static Quotas database(Database database, Limits usual) {
        return new Quotas(null, database, usual, "ck_unlimited", System::nanoTime);
    }

    /** @param usual what holds for every key */
    public static Quotas stores(Database database, Limits usual) {
        return new Quotas(new Scripts(RedisClients.shared()), database, usual, "ck_unlimited", System::nanoTime);
    }
}
