package io.carillon.stores;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLSocketFactory;

/**
 * Just enough Redis protocol to ask whether a server is there, lets us in and has loaded its data. One command at a time,
 * by one thread.
 */
public final class RedisConnection implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    private RedisConnection(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        this.out = socket.getOutputStream();
    }

    /** Redis answered, but with an error: a wrong password, loading, an unknown command. */
    public static final class Refusal extends IOException {
        private static final long serialVersionUID = 1;

        Refusal(String message) {
            super(message);
        }
    }

    /**
     * Connects, and logs in when the address has a password.
     *
     * @param address {@code redis://} or {@code rediss://}, {@code [user][:password@]host[:port]}
     * @param timeout for the connection and for each answer
     * @throws Refusal when Redis does not accept the password
     * @throws IOException when it cannot be reached
     */
    public static RedisConnection open(URI address, Duration timeout) throws IOException {
        int port = address.getPort() < 0 ? 6379 : address.getPort();
        Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(address.getHost(), port), (int) timeout.toMillis());
            socket.setSoTimeout((int) timeout.toMillis());
            if ("rediss".equals(address.getScheme())) {
                socket = ((SSLSocketFactory) SSLSocketFactory.getDefault())
                        .createSocket(socket, address.getHost(), port, true);
            }
            RedisConnection connection = new RedisConnection(socket);
            String login = address.getRawUserInfo();
            if (login != null && login.contains(":")) {
                String user = decoded(login.substring(0, login.indexOf(':')));
                String password = decoded(login.substring(login.indexOf(':') + 1));
                if (user.isEmpty()) {
                    connection.command("AUTH", password);
                } else {
                    connection.command("AUTH", user, password);
                }
            }
            return connection;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /**
     * Sends a command and reads its answer: text, a number as text, or null. Of an answer with several elements, all of
     * them are read and joined by line feeds.
     */
    public String command(String... words) throws IOException {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.write(("*" + words.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
        for (String word : words) {
            byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
            request.write(("$" + bytes.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
            request.write(bytes);
            request.write('\r');
            request.write('\n');
        }
        out.write(request.toByteArray());
        out.flush();
        return answer();
    }

    private String answer() throws IOException {
        String line = line();
        String rest = line.isEmpty() ? "" : line.substring(1);
        return switch (line.isEmpty() ? ' ' : line.charAt(0)) {
            case '+', ':' -> rest;
            case '-' -> throw new Refusal(rest);
            case '$' -> {
                int length = Integer.parseInt(rest);
                if (length < 0) {
                    yield null;
                }
                byte[] bytes = in.readNBytes(length);
                line();
                yield new String(bytes, StandardCharsets.UTF_8);
            }
            case '*' -> {
                StringBuilder all = new StringBuilder();
                for (int left = Integer.parseInt(rest); left > 0; left--) {
                    all.append(answer()).append('\n');
                }
                yield all.toString();
            }
            default -> throw new IOException("this is not Redis");
        };
    }

    private String line() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("the connection was closed");
            }
            if (bytes.size() > 65_536) {
                throw new IOException("this is not Redis");
            }
            if (next != '\r') {
                bytes.write(next);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
