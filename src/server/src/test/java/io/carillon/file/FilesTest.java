package io.carillon.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.platform.blob.BlobStore;
import io.carillon.platform.blob.DirectoryStore;
import io.carillon.platform.database.Database;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.stores.SharedStores;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesTest {
    private static final String ALICE = "ck_alice";
    private static final String BOB = "ck_bob";

    @TempDir
    Path directory;

    private Database database;
    private BlobStore store;
    private LooseBlobs loose;
    private Files files;
    private FileSweep sweep;

    @BeforeEach
    void migrate() throws IOException {
        var source = SharedStores.mariaDb().freshDatabase();
        Flyway.configure()
                .dataSource(source)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        database = new Database(source);
        store = new DirectoryStore(directory);
        loose = new LooseBlobs(database);
        CountedBytes stored = new CountedBytes(20);
        files = FilesOn.stores(database, store, loose, stored);
        sweep = new FileSweep(database, store, loose, stored);
    }

    private static NewFile newFile(FileId id, String owner, Purpose purpose) {
        return new NewFile(id, owner, purpose, "a name.txt", Optional.empty());
    }

    private StoredFile keep(FileId id, String owner, Purpose purpose, String text) {
        try (Draft draft = files.draft()) {
            draft.write(text.getBytes(StandardCharsets.UTF_8), 0, text.length());
            return files.keep(draft, newFile(id, owner, purpose));
        }
    }

    private StoredFile keep(String text) {
        return keep(FileId.random(), ALICE, Purpose.USER_DATA, text);
    }

    private String read(StoredFile file, long from) throws IOException {
        try (InputStream in = files.open(file, from)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private long blobs() throws IOException {
        try (Stream<Path> paths = java.nio.file.Files.walk(directory)) {
            return paths.filter(java.nio.file.Files::isRegularFile).count();
        }
    }

    private long rows(String table) {
        return number("SELECT COUNT(*) FROM " + table);
    }

    private long number(String sql) {
        return database.transaction(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(sql)) {
                row.next();
                return row.getLong(1);
            }
        });
    }

    private long storedBytes(String owner) {
        return database.transaction(connection -> CountedBytes.of(connection, owner));
    }

    private void sql(String sql) {
        database.transaction(connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.execute(sql);
            }
        });
    }

    @Test
    void keptFileIsFoundByItsOwnerAlone() throws IOException {
        StoredFile kept = keep("hello");

        assertThat(files.find(kept.id(), ALICE)).contains(kept);
        assertThat(files.find(kept.id(), BOB)).isEmpty();
        assertThat(kept.sha256()).isEqualTo("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        assertThat(kept.bytes()).isEqualTo(5);
        assertThat(kept.expires()).isEmpty();
        assertThat(read(kept, 0)).isEqualTo("hello");
        assertThat(read(kept, 3)).isEqualTo("lo");
        assertThat(read(kept, 5)).isEmpty();
        assertThat(rows("loose_blob")).isZero();
    }

    @Test
    void emptyFileIsAFile() throws IOException {
        assertThat(read(keep(""), 0)).isEmpty();
    }

    @Test
    void draftThatIsNotKeptLeavesNothing() throws IOException {
        try (Draft draft = files.draft()) {
            draft.write(1);
        }
        try (Draft draft = files.draft()) {
            draft.write(1);
            draft.seal();
        }

        assertThat(blobs()).isZero();
        assertThat(rows("loose_blob")).isZero();
    }

    @Test
    void keptAgainUnderItsIdAFileHasTheNewBytes() throws IOException {
        StoredFile first = keep(FileId.random(), ALICE, Purpose.BATCH_OUTPUT, "first");

        StoredFile second = keep(first.id(), ALICE, Purpose.BATCH_OUTPUT, "second one");
        sweep.runOnce();

        assertThat(second.created()).isEqualTo(first.created());
        assertThat(read(files.find(first.id(), ALICE).orElseThrow(), 0)).isEqualTo("second one");
        assertThat(rows("stored_file")).isOne();
        assertThat(blobs()).isOne();
        assertThat(storedBytes(ALICE)).isEqualTo(10);
    }

    /** As when the outcome of a COMMIT is unknown. */
    @Test
    void keptTwiceTheSameDraftIsOneFile() {
        NewFile file = newFile(FileId.random(), ALICE, Purpose.USER_DATA);
        try (Draft draft = files.draft()) {
            draft.write(7);
            StoredFile first = files.keep(draft, file);
            assertThat(files.keep(draft, file)).isEqualTo(first);
        }

        assertThat(storedBytes(ALICE)).isOne();
        sweep.runOnce();
        assertThat(files.find(file.id(), ALICE)).isPresent();
    }

    @Test
    void rolledBackKeepLeavesAnOrphanThatIsSwept() throws IOException {
        NewFile file = newFile(FileId.random(), ALICE, Purpose.BATCH_OUTPUT);
        try (Draft draft = files.draft()) {
            draft.write(7);
            draft.seal();
            assertThatThrownBy(() -> database.transaction(connection -> {
                        files.keep(connection, draft, file);
                        throw new Refused(Reason.CONFLICT, "somebody else was first");
                    }))
                    .hasMessage("somebody else was first");
        }
        sweep.runOnce();
        assertThat(blobs()).as("its writer may still live").isOne();

        sql("UPDATE loose_blob SET due = 0");
        sweep.runOnce();

        assertThat(blobs()).isZero();
        assertThat(rows("loose_blob")).isZero();
        assertThat(files.find(file.id(), ALICE)).isEmpty();
    }

    @Test
    void whatADeadWriterLeftIsSweptAndALivingOnesIsNot() throws IOException {
        Draft dead = files.draft();
        dead.write(1);
        dead.seal();
        loose.letGo(dead.offered());
        sql("UPDATE loose_blob SET due = 0");
        try (Draft living = files.draft()) {
            living.write(1);

            loose.renew();
            sweep.runOnce();

            assertThat(blobs()).isOne();
            files.keep(living, newFile(FileId.random(), ALICE, Purpose.USER_DATA));
        }
        assertThatThrownBy(() -> files.keep(dead, newFile(FileId.random(), ALICE, Purpose.USER_DATA)))
                .isInstanceOfSatisfying(
                        Refused.class, late -> assertThat(late.reason()).isEqualTo(Reason.UNAVAILABLE));
        assertThat(rows("stored_file")).isOne();
    }

    @Test
    void deletedFileIsHiddenAtOnceAndRemovedSoon() throws IOException {
        StoredFile kept = keep("hello");

        assertThat(files.delete(kept.id(), BOB)).isFalse();
        assertThat(files.delete(kept.id(), ALICE)).isTrue();
        assertThat(files.delete(kept.id(), ALICE)).isFalse();
        assertThat(files.find(kept.id(), ALICE)).isEmpty();
        assertThat(storedBytes(ALICE)).isZero();
        sweep.runOnce();

        assertThat(blobs()).isZero();
        assertThat(rows("stored_file")).isZero();
        assertThat(rows("loose_blob")).isZero();
        assertThatThrownBy(() -> files.open(kept, 0))
                .isInstanceOfSatisfying(
                        Refused.class, gone -> assertThat(gone.reason()).isEqualTo(Reason.UNKNOWN));
    }

    @Test
    void heldFileIsReadableAfterItsDeletion() throws IOException {
        StoredFile kept = keep("hello");
        assertThat(database.<Optional<StoredFile>>transaction(
                        connection -> files.hold(connection, kept.id(), ALICE, "batch_1")))
                .contains(kept);
        files.delete(kept.id(), ALICE);
        sweep.runOnce();

        StoredFile held = files.held(kept.id(), "batch_1").orElseThrow();
        assertThat(read(held, 0)).isEqualTo("hello");
        assertThat(files.held(kept.id(), "batch_2")).isEmpty();
        assertThat(database.<Optional<StoredFile>>transaction(
                        connection -> files.hold(connection, kept.id(), ALICE, "batch_2")))
                .as("too late for another")
                .isEmpty();

        database.transaction(connection -> {
            files.release(connection, kept.id(), "batch_1");
            return null;
        });
        sweep.runOnce();
        assertThat(blobs()).isZero();
        assertThat(files.held(kept.id(), "batch_1")).isEmpty();
    }

    @Test
    void fileExpiresInTheSecondThatItSays() throws IOException {
        StoredFile kept;
        try (Draft draft = files.draft()) {
            draft.write(1);
            kept = files.keep(
                    draft,
                    new NewFile(FileId.random(), ALICE, Purpose.USER_DATA, "x", Optional.of(Duration.ofHours(1))));
        }
        assertThat(kept.expires().orElseThrow().toEpochMilli())
                .isEqualTo(kept.created().getEpochSecond() * 1000 + 3_600_000);
        sql("UPDATE stored_file SET expires = created - 1");

        assertThat(files.find(kept.id(), ALICE)).isEmpty();
        assertThat(files.list(ALICE, Optional.empty(), true, Optional.empty(), 10))
                .isEmpty();
        assertThat(files.delete(kept.id(), ALICE)).isFalse();
        sweep.runOnce();
        sweep.runOnce();

        assertThat(blobs()).isZero();
        assertThat(storedBytes(ALICE)).isZero();
    }

    @Test
    void pagesFollowTheOrderOfCreationWithoutGaps() {
        List<FileId> made = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            made.add(keep(FileId.random(), ALICE, i % 2 == 0 ? Purpose.VISION : Purpose.EVALS, "x" + i)
                    .id());
        }
        keep(FileId.random(), BOB, Purpose.VISION, "b");
        sql("UPDATE stored_file SET created = 1000");

        assertThat(pages(true, Optional.empty(), 2)).containsExactlyElementsOf(made);
        List<FileId> newestFirst = new ArrayList<>(made);
        java.util.Collections.reverse(newestFirst);
        assertThat(pages(false, Optional.empty(), 3)).containsExactlyElementsOf(newestFirst);
        assertThat(pages(true, Optional.of(Purpose.VISION), 1))
                .containsExactly(made.get(0), made.get(2), made.get(4), made.get(6));
        assertThatThrownBy(() -> files.list(BOB, Optional.empty(), true, Optional.of(made.get(0)), 1))
                .isInstanceOf(Refused.class);
    }

    private List<FileId> pages(boolean ascending, Optional<Purpose> purpose, int size) {
        List<FileId> all = new ArrayList<>();
        List<StoredFile> page = files.list(ALICE, purpose, ascending, Optional.empty(), size);
        while (!page.isEmpty()) {
            page.forEach(file -> all.add(file.id()));
            page = files.list(ALICE, purpose, ascending, Optional.of(all.get(all.size() - 1)), size);
        }
        return all;
    }

    @Test
    void quotaRefusesWhatIsTooMuchAndLeavesNothing() throws IOException {
        StoredFile first = keep("123456");
        assertThatThrownBy(() -> keep("123456789012345")).hasMessage("Full");
        assertThat(rows("stored_file")).isOne();
        assertThat(storedBytes(ALICE)).isEqualTo(6);

        files.delete(first.id(), ALICE);
        keep("12345678901234567890");
        keep(FileId.random(), ALICE, Purpose.BATCH_OUTPUT, "what a batch writes is kept in any case");
    }

    @Test
    void inputOfABatchMustBeJsonLines() {
        assertThat(keep(FileId.random(), ALICE, Purpose.BATCH, "\n{}\nx").purpose())
                .isEqualTo(Purpose.BATCH);
        for (String bad : List.of("", " \n", "a,b")) {
            assertThatThrownBy(() -> keep(FileId.random(), ALICE, Purpose.BATCH, bad))
                    .isInstanceOf(NotJsonLines.class);
        }
        assertThat(rows("stored_file")).isOne();
    }
}
