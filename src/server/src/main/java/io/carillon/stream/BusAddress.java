package io.carillon.stream;

/**
 * Where workers append their events.
 *
 * @param url {@code redis://user:password@host:port/0}, ready for a Java {@code URI}
 * @param topic what comes before an instance's name in the key of its stream
 */
public record BusAddress(String url, String topic) {
    /** Without the url: it has a password. */
    @Override
    public String toString() {
        return "BusAddress[" + topic + "]";
    }
}
