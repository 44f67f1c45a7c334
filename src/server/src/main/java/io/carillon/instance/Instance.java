package io.carillon.instance;

import io.carillon.platform.database.Database;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.Collections;
import java.util.Set;

/**
 * One run of a server. Every start gets another number, so a restarted server never inherits what its predecessor held.
 *
 * @param name {@code ip:port-number}: on the wire the {@code instance_id} of tasks whose callers it holds
 * @param number 0 to 9999, a part of the task ids that it makes; no other running instance has it
 */
public record Instance(String name, int number) {
    private static final int NUMBERS = 10_000;
    private static final Set<String> WILDCARDS = Set.of("", "0.0.0.0", "::", "[::]", "*");

    /**
     * Enters a new run into the table {@code instance}.
     *
     * @param bind the address on which the server listens; for a wildcard, the host's address names the instance
     */
    static Instance begin(Database database, Clock clock, String bind, int port) {
        String address = address(bind) + ":" + port;
        return database.transaction(connection -> {
            int number = Math.toIntExact(insert(connection, address, clock.millis()) % NUMBERS);
            return new Instance(address + "-" + number, number);
        });
    }

    private static long insert(Connection connection, String address, long started) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO instance (name, started) VALUES (?, ?)", Statement.RETURN_GENERATED_KEYS)) {
            insert.setString(1, address);
            insert.setLong(2, started);
            insert.executeUpdate();
            try (ResultSet keys = insert.getGeneratedKeys()) {
                keys.next();
                return keys.getLong(1);
            }
        }
    }

    static String address(String bind) {
        String address = WILDCARDS.contains(bind.strip()) ? hostAddress() : bind.strip();
        return address.contains(":") && !address.startsWith("[") ? "[" + address + "]" : address;
    }

    private static String hostAddress() {
        try {
            for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                if (network.isLoopback() || !network.isUp()) {
                    continue;
                }
                for (InetAddress address : Collections.list(network.getInetAddresses())) {
                    if (address instanceof Inet4Address && !address.isLinkLocalAddress()) {
                        return address.getHostAddress();
                    }
                }
            }
            return InetAddress.getLocalHost().getHostAddress();
        } catch (SocketException | UnknownHostException unknown) {
            return InetAddress.getLoopbackAddress().getHostAddress();
        }
    }
}
