package io.carillon.platform.http;

import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A TCP connection to this server, as the system's table tells it from others: the port here, the address there in two
 * words, and the port there. An address of IPv4 is the one of IPv6 that stands for it, {@code ::ffff:1.2.3.4}.
 */
public record Connection(int localPort, long high, long low, int remotePort) {
    private static final long IPV4 = 0xFFFF_0000_0000L;
    // a name would be asked of the DNS
    private static final Pattern LITERAL = Pattern.compile("(\\d{1,3}\\.){3}\\d{1,3}|\\[?[0-9a-fA-F]*:.*");

    /** The one of a request; empty when the server names none. Only the request's own thread may ask. */
    public static Optional<Connection> of(HttpServletRequest request) {
        return of(request.getLocalPort(), request.getRemoteAddr(), request.getRemotePort());
    }

    static Optional<Connection> of(int localPort, String remoteAddress, int remotePort) {
        if (remoteAddress == null
                || remotePort <= 0
                || !LITERAL.matcher(remoteAddress).matches()) {
            return Optional.empty();
        }
        try {
            ByteBuffer address =
                    ByteBuffer.wrap(InetAddress.getByName(remoteAddress).getAddress());
            return Optional.of(
                    address.remaining() == Integer.BYTES
                            ? ipv4(localPort, address.getInt(), remotePort)
                            : new Connection(localPort, address.getLong(), address.getLong(), remotePort));
        } catch (UnknownHostException malformed) {
            return Optional.empty();
        }
    }

    static Connection ipv4(int localPort, int remoteAddress, int remotePort) {
        return new Connection(localPort, 0, IPV4 | Integer.toUnsignedLong(remoteAddress), remotePort);
    }
}
