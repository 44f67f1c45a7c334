package io.carillon.it.bench;

/**
 * A request, to the byte.
 *
 * @param bytes all of it, as it goes over the wire
 * @param pause ns to wait before it is sent
 */
record Request(byte[] bytes, long pause) {
    /** The same after some ns. */
    Request after(long nanos) {
        return new Request(bytes, nanos);
    }
}
