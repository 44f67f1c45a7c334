package io.carillon.it.bench;

/**
 * What one client of a {@link Loop} does: one request after the other on a connection of its own. Asked by the loop's thread
 * only.
 */
@FunctionalInterface
interface Client {
    /**
     * The next request.
     *
     * @param answer to the request before, good until this method returns; null at first
     * @return null when the client has done what it should
     */
    Request next(Response answer);
}
