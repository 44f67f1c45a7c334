/**
 * The launcher: Redis, MariaDB and the server as one thing that is started and stopped. {@link
 * io.carillon.standalone.Carillon} is the program, {@link io.carillon.standalone.Standalone} the same for tests.
 */
package io.carillon.standalone;
