package io.carillon.file;

import java.util.OptionalLong;

/** How many bytes of files a key may keep. Asked in the transaction that keeps another one, so it must answer at once. */
@FunctionalInterface
public interface StorageLimits {
    /** For those who set no limit. */
    StorageLimits NONE = owner -> OptionalLong.empty();

    /**
     * The limit of a key.
     *
     * @param owner its public id
     * @return in bytes; empty for no limit
     */
    OptionalLong of(String owner);
}
