package io.carillon.it.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;

/**
 * The server that is measured.
 *
 * @param url of a server on this machine
 * @param key that may do everything; null to send none
 */
record Target(URI url, String key, Processes processes) {
    Target {
        if (!url.getHost().equals("127.0.0.1") && !url.getHost().equals("localhost")) {
            throw new IllegalArgumentException("Only a server on this machine is put under load, not " + url);
        }
    }

    InetSocketAddress address() {
        return new InetSocketAddress(url.getHost(), url.getPort());
    }

    Request post(String path, String json) {
        byte[] body = json.getBytes(UTF_8);
        byte[] head = (head("POST", path) + "Content-Type: application/json\r\nContent-Length: " + body.length
                        + "\r\n\r\n")
                .getBytes(UTF_8);
        byte[] all = new byte[head.length + body.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return new Request(all, 0);
    }

    Request get(String path) {
        return new Request((head("GET", path) + "\r\n").getBytes(UTF_8), 0);
    }

    Request delete(String path) {
        return new Request((head("DELETE", path) + "\r\n").getBytes(UTF_8), 0);
    }

    /**
     * One request, and the body of its answer.
     *
     * @throws IOException when it is not answered well
     */
    String call(Request request) throws IOException {
        String[] text = new String[1];
        Load load = new Load(this);
        Figures figures = load.clients(1, () -> answer -> {
                    if (answer == null) {
                        return request;
                    }
                    load.tally().count(answer);
                    text[0] = answer.text();
                    return null;
                })
                .run("call");
        if (figures.tally().failed() > 0) {
            throw new IOException(
                    "A request of the benchmark was refused: " + figures.tally().errors());
        }
        return text[0];
    }

    private String head(String method, String path) {
        return method + " " + path + " HTTP/1.1\r\nHost: " + url.getAuthority() + "\r\n"
                + (key == null ? "" : "Authorization: Bearer " + key + "\r\n");
    }
}
