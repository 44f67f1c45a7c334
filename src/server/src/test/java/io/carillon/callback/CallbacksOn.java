package io.carillon.callback;

import io.carillon.platform.database.Database;

/** Callbacks that are written down and never sent. */
public final class CallbacksOn {
    private CallbacksOn() {}

    public static Callbacks database(Database database) {
        return new Callbacks(database, new CallbackTable(database), () -> {});
    }
}
