package io.carillon.retention;

import io.carillon.batch.Batches;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;

/** Batches that ended long ago go; their lines go as other tasks do, and their files when those expire. */
class OldBatches implements Sweep {
    private final Duration age;
    private final Clock clock;

    /** @param age zero for ever */
    OldBatches(Duration age, Clock clock) {
        this.age = age;
        this.clock = clock;
    }

    @Override
    public int remove(Connection connection, int most) throws SQLException {
        if (age.isZero() || age.isNegative()) {
            return 0;
        }
        return Batches.forgetOld(connection, clock.millis() - age.toMillis(), most);
    }
}
