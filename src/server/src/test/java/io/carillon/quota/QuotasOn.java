package io.carillon.quota;

import io.carillon.platform.database.Database;

/** Quotas without Redis: for what is counted in MariaDB. */
public final class QuotasOn {
    private QuotasOn() {}

    /** @param usual what holds for every key */
    public static Quotas database(Database database, Limits usual) {
        return new Quotas(null, database, usual, "ck_unlimited", System::nanoTime);
    }
}
