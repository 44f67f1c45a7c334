/** A worker's statistics for Micrometer, which the library does not need otherwise. */
package io.carillon.worker.micrometer;
