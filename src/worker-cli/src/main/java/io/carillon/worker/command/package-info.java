/** The worker as a command. Begin with {@link io.carillon.worker.command.CarillonWorker}. */
package io.carillon.worker.command;
