package io.carillon.platform.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Linux says of connections. The lines are real ones of x86-64. */
class ConnectionTableTest {
    private static final String HEAD =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
    private static final String REST =
            " 00000000:00000000 02:000A5218 00000000     0        0 4638399 2 000000001a4a2a23 21 4 19 26 -1";

    @TempDir
    Path directory;

    private Map<Connection, Integer> read(String... lines) throws IOException {
        Path file = directory.resolve("tcp");
        Files.writeString(file, HEAD + "\n" + String.join("\n", lines) + "\n");
        Map<Connection, Integer> read = new HashMap<>();
        new ConnectionTable(file).read(read::put);
        return read;
    }

    private static Connection connection(int localPort, String remote, int remotePort) {
        return Connection.of(localPort, remote, remotePort).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "0100007F:72CF 0100007F:BAF2 01, 29391, 127.0.0.1, 47858, 1",
        "0F02000A:1F90 4B7A12C0:C35A 08, 8080, 192.18.122.75, 50010, 8",
        "0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:AC98 08, 8080, 127.0.0.1, 44184, 8",
        "0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:AC98 06,"
                + " 8080, ::ffff:127.0.0.1, 44184, 6",
        "00000000000000000000000001000000:1F90 00000000000000000000000001000000:D4F1 01, 8080, ::1, 54513, 1",
        "B80D0120000000000000000001000000:01BB B80D01202301AB8967450000EFCDAB89:D4F1 08,"
                + " 443, 2001:db8:89ab:123:0:4567:89ab:cdef, 54513, 8",
        "000080FE000000000000000001000000:1F90 000080FE00000000FF565002BD91E8FE:D4F1 08,"
                + " 8080, fe80::250:56ff:fee8:91bd, 54513, 8",
        "00000000:07E8 00000000:0000 0A, 2024, -, 0, 10"
    })
    void aLineTellsConnectionAndState(String line, int localPort, String remote, int remotePort, int state)
            throws IOException {
        Assumptions.assumeTrue(ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN, "the lines are of such a machine");
        Connection connection = remote.equals("-")
                ? Connection.ipv4(localPort, 0, remotePort)
                : connection(localPort, remote, remotePort);

        assertThat(read("   3: " + line + REST)).isEqualTo(Map.of(connection, state));
        assertThat(read("102345: " + line + REST)).isEqualTo(Map.of(connection, state));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "   3:",
                "   3: 0100007F:72CF",
                "   3: 0100007F:72CF 0100007F",
                "   3: 0100007F:72CF 0100007F:BA",
                "   3: 0100007F:72CF 0100007F:BAF2",
                "   3: 0100007F:72CF 0100007G:BAF2 01",
                "   3: 0100007F:72CF 0100007F0100007F:BAF2 01",
                "no line: of:this table:at all"
            })
    void linesOfAnotherFormAreSkipped(String odd) throws IOException {
        String good = "   4: 0100007F:72CF 0100007F:BAF2 01" + REST;

        assertThat(read(good, odd, good)).hasSize(1);
    }

    @Test
    void noLineIsLostHoweverLongTheTable() throws IOException {
        Random random = new Random(7);
        String[] lines = new String[10_000];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = "%4d: 0100007F:1F90 %08X:%04X 01%s%s".formatted(i, i, i, REST, " ".repeat(random.nextInt(40)));
        }

        assertThat(read(lines)).hasSize(lines.length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"client.example", "unknown", "", "1.2.3.4.5", "1:2:3", "cafe"})
    void whatIsNoAddressIsNoConnection(String remote) {
        assertThat(Connection.of(8080, remote, 1)).isEmpty();
    }

    @Test
    void withoutAPortThereIsNoConnection() {
        assertThat(Connection.of(8080, "127.0.0.1", 0)).isEmpty();
        assertThat(Connection.of(8080, "127.0.0.1", -1)).isEmpty();
        assertThat(Connection.of(8080, null, 1)).isEqualTo(Optional.empty());
    }

    @ParameterizedTest
    @EnabledOnOs(OS.LINUX)
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void theSystemTellsOfAClientThatClosed(String address) throws IOException {
        try (ServerSocket server = new ServerSocket()) {
            try {
                server.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
            } catch (IOException noIpv6) {
                Assumptions.abort("This machine has no " + address);
            }
            try (Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                    Socket accepted = server.accept()) {
                Connection connection = connection(
                        accepted.getLocalPort(), accepted.getInetAddress().getHostAddress(), accepted.getPort());
                assertThat(system()).containsEntry(connection, ConnectionTable.ESTABLISHED);

                client.close();

                assertThat(accepted.getInputStream().read()).isEqualTo(-1);
                assertThat(system()).containsEntry(connection, ConnectionTable.CLOSE_WAIT);
            }
        }
    }

    private static Map<Connection, Integer> system() throws IOException {
        Map<Connection, Integer> read = new HashMap<>();
        new ConnectionTable(Path.of("/proc/net/tcp")).read(read::put);
        new ConnectionTable(Path.of("/proc/net/tcp6")).read(read::put);
        return read;
    }
}
