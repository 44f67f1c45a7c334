/** A worker in an application with Spring: see {@link io.carillon.worker.spring.EnableWorker}. */
package io.carillon.worker.spring;
