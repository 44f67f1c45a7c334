/**
 * What a worker needs to take tasks from a Carillon server and answer them over HTTP. Begin with {@link io.carillon.worker.Worker};
 * in a container with {@link io.carillon.worker.Handles}.
 */
package io.carillon.worker;
