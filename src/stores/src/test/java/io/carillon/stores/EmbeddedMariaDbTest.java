package io.carillon.stores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedMariaDbTest {
    @TempDir
    Path temp;

    private EmbeddedMariaDb mariaDb;

    @BeforeEach
    void start() {
        mariaDb = EmbeddedMariaDb.start(directory());
    }

    @AfterEach
    void stop() {
        mariaDb.stop();
    }

    @Test
    void restartAfterAKillKeepsPortPasswordAndCommittedRows() throws SQLException {
        String url = mariaDb.url();
        execute("CREATE TABLE kept (id INT PRIMARY KEY) ENGINE = InnoDB");
        execute("INSERT INTO kept VALUES (7)");

        mariaDb.kill();
        mariaDb.restart();

        assertThat(mariaDb.url()).isEqualTo(url);
        assertThat(text("SELECT id FROM kept")).isEqualTo("7");
    }

    @Test
    void startEndsTheOrphanOfADeadOwnerAndGoesOnWithItsData() throws SQLException {
        EmbeddedMariaDb orphan = mariaDb;
        execute("CREATE TABLE kept (id INT PRIMARY KEY)");
        execute("INSERT INTO kept VALUES (7)");

        mariaDb = EmbeddedMariaDb.start(directory());

        assertThat(orphan.alive()).isFalse();
        assertThat(mariaDb.port()).isEqualTo(orphan.port());
        assertThat(text("SELECT id FROM kept")).isEqualTo("7");
    }

    @Test
    void itIsSetUpAsTheServerNeedsIt() throws SQLException {
        assertThat(text("SELECT @@transaction_isolation")).isEqualTo("READ-COMMITTED");
        assertThat(text("SELECT @@time_zone")).isEqualTo("+00:00");
        assertThat(text("SELECT @@innodb_flush_log_at_trx_commit")).isEqualTo("1");
        assertThat(text("SELECT @@collation_database")).isEqualTo("utf8mb4_bin");
        assertThat(text("SELECT @@max_allowed_packet")).isEqualTo("67108864");
        assertThat(text("SELECT @@bind_address")).isEqualTo("127.0.0.1");
        assertThat(text("SELECT @@log_bin")).isEqualTo("0");
        assertThat(text("SELECT engine FROM information_schema.engines WHERE support = 'DEFAULT'"))
                .isEqualTo("InnoDB");
    }

    @Test
    void noAccountIsWithoutAPassword() throws IOException {
        for (String user : new String[] {"root", "carillon", "", "nobody"}) {
            assertThatThrownBy(() -> DriverManager.getConnection("jdbc:mariadb://" + mariaDb.address() + "/", user, "")
                            .close())
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("Access denied");
        }
        for (String file : new String[] {"password", "root-password", "init.sql"}) {
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(directory().resolve(file))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void freshDatabasesAreEmptyAndApart() throws SQLException {
        try (Connection one = mariaDb.freshDatabase().getConnection();
                Connection other = mariaDb.freshDatabase().getConnection()) {
            one.createStatement().execute("CREATE TABLE mine (id INT)");
            assertThat(one.getMetaData()
                            .getTables(one.getCatalog(), null, "mine", null)
                            .next())
                    .isTrue();
            assertThat(other.getMetaData()
                            .getTables(other.getCatalog(), null, "%", null)
                            .next())
                    .isFalse();
        }
    }

    private Path directory() {
        return temp.resolve("with a space");
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = mariaDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String text(String sql) throws SQLException {
        try (Connection connection = mariaDb.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }
}
