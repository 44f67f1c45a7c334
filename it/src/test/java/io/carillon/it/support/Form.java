package io.carillon.it.support;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;

/** A multipart form, part by part in the order in which they are added. */
public final class Form {
    private static final String BOUNDARY = "a-boundary-0123456789";

    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    /** With a purpose and a file, as most have them. */
    public static Form of(String purpose, String name, String text) {
        return new Form().text("purpose", purpose).file("file", name, text.getBytes(StandardCharsets.UTF_8));
    }

    public Form text(String name, String value) {
        return raw("Content-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value);
    }

    public Form file(String name, String fileName, byte[] bytes) {
        write("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + fileName
                + "\"\r\nContent-Type: application/octet-stream\r\n\r\n");
        body.writeBytes(bytes);
        write("\r\n");
        return this;
    }

    /** A part exactly so, its headers and all. */
    public Form raw(String part) {
        write("--" + BOUNDARY + "\r\n" + part + "\r\n");
        return this;
    }

    private void write(String text) {
        body.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The bytes of the body; add nothing after this. */
    public byte[] bytes() {
        write("--" + BOUNDARY + "--\r\n");
        return body.toByteArray();
    }

    public static String type() {
        return "multipart/form-data; boundary=" + BOUNDARY;
    }

    /** Posts it with a Content-Length. */
    public Answer post(Server server, String path, String... headers) {
        HttpRequest.Builder request =
                server.request(path).header("Content-Type", type()).POST(BodyPublishers.ofByteArray(bytes()));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return server.send(request.build());
    }
}
