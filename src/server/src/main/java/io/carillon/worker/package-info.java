/** Workers as the server knows them. Begin with {@link io.carillon.worker.Workers}. */
package io.carillon.worker;
