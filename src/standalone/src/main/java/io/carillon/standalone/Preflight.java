package io.carillon.standalone;

import io.carillon.stores.RedisConnection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.mariadb.jdbc.MariaDbDataSource;

/** Looks at what will be needed before anything is started, so that what is wrong is said in one line. */
final class Preflight {
    private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(10);

    private Preflight() {}

    /** The port itself, or a free one for 0. */
    static int port(String bind, int port) {
        InetSocketAddress address = new InetSocketAddress(bind, port);
        if (address.isUnresolved()) {
            throw new Obstacle("CARILLON_BIND names no address of this machine: '" + bind + "'");
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(address);
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new Obstacle("Port " + port + " on " + bind + " cannot be used (" + e.getMessage()
                    + "); choose another one in CARILLON_HTTP_PORT, 0 picks a free one");
        }
    }

    /** One of several nodes is enough: the others may come later. */
    static void redis(RedisAddress address) {
        Obstacle first = null;
        for (URI node : address.nodes()) {
            try {
                redis(node, address.sentinels());
                return;
            } catch (Obstacle obstacle) {
                first = first == null ? obstacle : first;
            }
        }
        throw first;
    }

    private static void redis(URI node, boolean sentinel) {
        String where = (sentinel ? "The Redis sentinel at " : "Redis at ") + RedisAddress.where(node);
        try (RedisConnection connection = RedisConnection.open(node, ANSWERS_WITHIN)) {
            connection.command("PING");
        } catch (RedisConnection.Refusal e) {
            // Whether a sentinel wants a login, and which, is for the server to know.
            if (!sentinel) {
                throw new Obstacle(where + " refuses us: " + e.getMessage() + "; see CARILLON_REDIS_URL");
            }
        } catch (UnknownHostException e) {
            throw new Obstacle(where + " cannot be reached: unknown host; see CARILLON_REDIS_URL");
        } catch (IOException e) {
            throw new Obstacle(where + " cannot be reached: " + e.getMessage() + "; see CARILLON_REDIS_URL");
        }
    }

    static void database(Settings.Account account) {
        try {
            MariaDbDataSource source = new MariaDbDataSource(account.url());
            source.setLoginTimeout((int) ANSWERS_WITHIN.toSeconds());
            try (Connection connection = source.getConnection(account.user(), account.password())) {
                connection.isValid((int) ANSWERS_WITHIN.toSeconds());
            }
        } catch (SQLException e) {
            String words = e.getMessage().lines().findFirst().orElse("").replaceFirst("^\\(conn=-?\\d+\\) ", "");
            throw new Obstacle("The database " + account + " refuses us or cannot be reached: " + words
                    + "; see CARILLON_DATABASE_URL, _USER and _PASSWORD");
        }
    }
}
