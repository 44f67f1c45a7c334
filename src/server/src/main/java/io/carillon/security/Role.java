package io.carillon.security;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.Locale;

/** What a key is for. */
public enum Role {
    /** May do everything, with everybody's tasks and with every queue. */
    ADMIN,
    /** Puts tasks, and sees and cancels its own. */
    PRODUCER,
    /** Takes tasks and completes them. */
    WORKER;

    /** The name as clients write it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws Refused ({@link Reason#INVALID}) when there is no such role */
    public static Role of(String text) {
        for (Role role : values()) {
            if (role.text().equals(text)) {
                return role;
            }
        }
        throw new Refused(
                Reason.INVALID, "There is no role '" + text + "'; the roles are admin, producer and worker", "roles");
    }
}
