package io.carillon.file;

import io.carillon.platform.blob.BlobStore;
import io.carillon.platform.concurrent.Ticks;
import io.carillon.platform.database.Database;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what is over: hides expired files, removes the rows of hidden ones that nobody holds, and removes the blobs that
 * nothing owns. Runs on each instance; rows that another has locked are passed over. When the store does not answer, its
 * blobs wait for another time.
 */
public class FileSweep {
    private static final Logger LOG = LoggerFactory.getLogger(FileSweep.class);
    private static final Duration PERIOD = Duration.ofSeconds(5);
    private static final Duration RENEWAL = Duration.ofSeconds(30);
    private static final int PORTION = 200;
    private static final int MOST_PORTIONS = 50;

    private final Database database;
    private final BlobStore store;
    private final LooseBlobs loose;
    private final StoredBytes stored;
    private Ticks sweeps;
    private Ticks renewals;

    FileSweep(Database database, BlobStore store, LooseBlobs loose, StoredBytes stored) {
        this.database = database;
        this.store = store;
        this.loose = loose;
        this.stored = stored;
    }

    void start(ScheduledExecutorService scheduler) {
        sweeps = Ticks.start(scheduler, "The sweep of files", PERIOD, PERIOD, this::runOnce);
        renewals = Ticks.start(scheduler, "The renewal of files being written", RENEWAL, RENEWAL, loose::renew);
    }

    void stop() {
        sweeps.stop();
        renewals.stop();
    }

    /** Removes all that is over now, as far as one turn may go. */
    public void runOnce() {
        boolean more = true;
        for (int portion = 0; more && portion < MOST_PORTIONS; portion++) {
            more = hideExpired() | removeHidden() | removeBlobs();
        }
    }

    private boolean hideExpired() {
        return database.transaction(connection -> {
            Map<String, Long> bytes = new TreeMap<>();
            int hidden = FileTable.hideExpired(connection, PORTION, bytes);
            for (Map.Entry<String, Long> owner : bytes.entrySet()) {
                stored.add(connection, owner.getKey(), -owner.getValue());
            }
            return hidden == PORTION;
        });
    }

    private boolean removeHidden() {
        return database.transaction(connection -> {
            List<String> blobs = FileTable.removeHidden(connection, PORTION);
            LooseBlobs.drop(connection, blobs);
            return blobs.size() == PORTION;
        });
    }

    private boolean removeBlobs() {
        List<String> claimed = loose.claim(PORTION);
        List<String> removed = new ArrayList<>();
        for (String id : claimed) {
            try {
                store.remove(id);
                removed.add(id);
            } catch (IOException | RuntimeException failure) {
                LOG.warn("Blobs cannot be removed now: {}", failure.getMessage());
                break;
            }
        }
        loose.forget(removed);
        return removed.size() == PORTION;
    }
}
