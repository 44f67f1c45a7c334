package io.carillon.file;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.Optional;

/** The files of a key have as many bytes as they may have. */
public class StorageFull extends Refused {
    private static final long serialVersionUID = 1L;

    StorageFull(long most) {
        super(
                Reason.INVALID,
                "The files of this key may have at most " + most + " bytes together; delete some that are not needed");
    }

    @Override
    public Optional<String> code() {
        return Optional.of("storage_quota_exceeded");
    }
}
