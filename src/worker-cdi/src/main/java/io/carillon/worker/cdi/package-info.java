/** A worker in an application with CDI: see {@link io.carillon.worker.cdi.WorkerExtension}. */
package io.carillon.worker.cdi;
