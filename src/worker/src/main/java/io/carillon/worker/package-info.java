/**
 * What a worker needs to take tasks from a Carillon server and answer them over HTTP. Begin with {@link
 * io.carillon.worker.Connection}.
 */
package io.carillon.worker;
