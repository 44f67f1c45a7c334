package io.carillon.worker.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.context.annotation.Import;

/**
 * Gives an application a worker that has tasks done by the methods of its beans that have {@link io.carillon.worker.Handles}; see
 * {@link WorkerLifecycle}. On a configuration class; Spring Boot does the same without it.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@Import(WorkerConfiguration.class)
public @interface EnableWorker {}
