package io.carillon.it.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A bare TCP connection to a server, for what an HTTP client does not let its users do. */
public final class RawConnection implements AutoCloseable {
    private final Socket socket;
    private final Server server;

    /** @param receiveBuffer bytes that the system holds for a reader who does not read; 0 for the usual amount */
    public RawConnection(Server server, int receiveBuffer) {
        this.server = server;
        this.socket = new Socket();
        URI url = server.url();
        try {
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.setSoTimeout(20_000);
            socket.connect(new InetSocketAddress(url.getHost(), url.getPort()), 5_000);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a request with a JSON body and the key. */
    public void post(String path, String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        write("POST " + path + " HTTP/1.1\r\nHost: " + server.address() + "\r\nAuthorization: Bearer " + server.key()
                + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n" + json);
    }

    /** Sends exactly that. */
    public void write(String text) {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Says that nothing more will be sent; answers can still be read. */
    public void endRequests() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closes without the usual farewell, as the system of a client does that crashes. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        close();
    }

    /** Everything until the server closes. */
    public String readAll() {
        try {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Some bytes, as soon as there are any; empty at the end. */
    public String readSome() {
        try {
            byte[] some = new byte[64 * 1024];
            int read = socket.getInputStream().read(some);
            return read < 0 ? "" : new String(some, 0, read, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
