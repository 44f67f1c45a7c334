package io.carillon.upload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.file.CountedBytes;
import io.carillon.file.Draft;
import io.carillon.file.FileSweep;
import io.carillon.file.Files;
import io.carillon.file.FilesOn;
import io.carillon.file.Purpose;
import io.carillon.platform.blob.BlobStore;
import io.carillon.platform.blob.DirectoryStore;
import io.carillon.platform.database.Database;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.stores.SharedStores;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadsTest {
    private static final String ALICE = "ck_alice";

    @TempDir
    Path directory;

    private Database database;
    private Files files;
    private Uploads uploads;
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
        DirectoryStore store = new DirectoryStore(directory);
        CountedBytes stored = new CountedBytes(200);
        files = FilesOn.stores(database, store, stored);
        uploads = new Uploads(database, store, files, stored);
        sweep = FilesOn.sweep(database, store);
    }

    private String begin(long bytes) {
        return uploads.create(new NewUpload(
                        Uploads.newId(),
                        ALICE,
                        Purpose.USER_DATA,
                        "x",
                        "text/plain",
                        bytes,
                        Optional.of(Duration.ofHours(2))))
                .what()
                .id();
    }

    private String part(String upload, String text) {
        try (Draft draft = files.draft()) {
            draft.write(text.getBytes(StandardCharsets.UTF_8), 0, text.length());
            return uploads.add(upload, ALICE, draft).id();
        }
    }

    private long blobs() throws IOException {
        try (Stream<Path> paths = java.nio.file.Files.walk(directory)) {
            return paths.filter(java.nio.file.Files::isRegularFile).count();
        }
    }

    /** Reads from the directory, but never to the end. */
    private BlobStore cutShort() throws IOException {
        DirectoryStore whole = new DirectoryStore(directory);
        return new BlobStore() {
            @Override
            public Writer write(String id) throws IOException {
                return whole.write(id);
            }

            @Override
            public InputStream read(String id, long from) throws IOException {
                byte[] bytes = whole.read(id, from).readAllBytes();
                return new ByteArrayInputStream(bytes, 0, bytes.length - 1);
            }

            @Override
            public void remove(String id) throws IOException {
                whole.remove(id);
            }

            @Override
            public void close() {}
        };
    }

    @Test
    void partsOfWhichTheStoreHasLessMakeNoFile() throws IOException {
        String upload = begin(6);
        List<String> parts = List.of(part(upload, "abc"), part(upload, "def"));
        Uploads broken = new Uploads(database, cutShort(), files, new CountedBytes(200));

        assertThatThrownBy(() -> broken.complete(upload, ALICE, parts, Optional.empty()))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE));

        assertThat(uploads.complete(upload, ALICE, parts, Optional.empty())
                        .file()
                        .bytes())
                .isEqualTo(6);
    }

    private void sql(String sql) {
        database.transaction(connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.execute(sql);
            }
        });
    }

    private static void refused(Runnable work, String code) {
        assertThatThrownBy(work::run).isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.code())
                .contains(code));
    }

    @Test
    void partsBecomeAFileInTheOrderThatTheClientNames() throws IOException {
        String upload = begin(6);
        String second = part(upload, "def");
        String first = part(upload, "abc");
        part(upload, "never mind");

        Uploads.Completed completed = uploads.complete(
                upload, ALICE, List.of(first, second), Optional.of("E80B5017098950FC58AAD83C8C14978E"));

        assertThat(completed.upload().state()).isEqualTo(UploadState.COMPLETED);
        assertThat(completed.upload().file()).contains(completed.file().id());
        try (InputStream in = files.open(completed.file(), 0)) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("abcdef");
        }
        assertThat(completed.file().expires()).isPresent();
        sweep.runOnce();
        assertThat(blobs()).as("the parts are gone").isOne();
        refused(() -> part(upload, "z"), "invalid_upload_status");
        refused(
                () -> uploads.complete(upload, ALICE, List.of(first, second), Optional.empty()),
                "invalid_upload_status");
        refused(() -> uploads.cancel(upload, ALICE), "invalid_upload_status");
    }

    @Test
    void whatDoesNotFitIsRefusedAndTheUploadStaysOpen() {
        String upload = begin(3);
        String part = part(upload, "abc");
        String other = part(upload, "xy");

        refused(() -> uploads.complete(upload, ALICE, List.of(), Optional.empty()), "invalid_value");
        refused(() -> uploads.complete(upload, ALICE, List.of("part_0"), Optional.empty()), "invalid_value");
        refused(() -> uploads.complete(upload, ALICE, List.of(part, part), Optional.empty()), "invalid_value");
        refused(() -> uploads.complete(upload, ALICE, List.of(other), Optional.empty()), "upload_size_mismatch");
        refused(() -> uploads.complete(upload, ALICE, List.of(part), Optional.of("00")), "invalid_checksum");
        assertThatThrownBy(() -> uploads.complete(upload, "ck_bob", List.of(part), Optional.empty()))
                .isInstanceOf(Refused.class);

        assertThat(uploads.complete(upload, ALICE, List.of(part), Optional.empty())
                        .file()
                        .bytes())
                .isEqualTo(3);
    }

    @Test
    void ofManyCompletionsOneWins() throws IOException {
        String upload = begin(3);
        String part = part(upload, "abc");

        List<CompletableFuture<Boolean>> all = Stream.generate(() -> CompletableFuture.supplyAsync(() -> {
                    try {
                        uploads.complete(upload, ALICE, List.of(part), Optional.empty());
                        return true;
                    } catch (Refused lost) {
                        return false;
                    }
                }))
                .limit(4)
                .toList();

        assertThat(all.stream().map(CompletableFuture::join).filter(won -> won)).hasSize(1);
        assertThat(files.list(ALICE, Optional.empty(), true, Optional.empty(), 10))
                .hasSize(1);
        sql("UPDATE loose_blob SET due = 0");
        sweep.runOnce();
        assertThat(blobs()).isOne();
    }

    @Test
    void cancelledAndExpiredUploadsGiveUpTheirParts() throws IOException {
        String cancelled = begin(3);
        part(cancelled, "abc");
        String expired = begin(3);
        String part = part(expired, "abc");

        assertThat(uploads.cancel(cancelled, ALICE).state()).isEqualTo(UploadState.CANCELLED);
        assertThat(uploads.cancel(cancelled, ALICE).state()).isEqualTo(UploadState.CANCELLED);
        refused(() -> part(cancelled, "z"), "invalid_upload_status");
        sql("UPDATE upload SET expires = created - 3600000 WHERE id = '" + expired + "'");
        assertThat(uploads.get(expired, ALICE).state()).isEqualTo(UploadState.EXPIRED);
        refused(() -> uploads.complete(expired, ALICE, List.of(part), Optional.empty()), "invalid_upload_status");
        refused(() -> uploads.cancel(expired, ALICE), "invalid_upload_status");
        uploads.sweep(10);
        sql("UPDATE loose_blob SET due = 0");
        sweep.runOnce();

        assertThat(blobs()).isZero();
        sql("UPDATE upload SET expires = 0");
        uploads.sweep(10);
        assertThatThrownBy(() -> uploads.get(expired, ALICE)).hasMessageContaining(expired);
    }

    @Test
    void announcedBytesCountUntilTheUploadEnds() {
        String first = begin(150);
        refused(() -> begin(51), "storage_quota_exceeded");
        begin(50);
        uploads.cancel(first, ALICE);
        String third = begin(3);
        uploads.complete(third, ALICE, List.of(part(third, "abc")), Optional.empty());
        assertThat(database.<Long>transaction(connection -> CountedBytes.of(connection, ALICE)))
                .isEqualTo(53);
    }

    @Test
    void partsCannotFillTheStore() {
        String upload = begin(1);
        sql("INSERT INTO upload_part (id, upload, bytes, blob_id, created) VALUES ('p', '" + upload + "', "
                + (64L << 20) + ", 'b', 0)");

        part(upload, "a");
        refused(() -> part(upload, "ab"), "upload_size_mismatch");
    }
}
