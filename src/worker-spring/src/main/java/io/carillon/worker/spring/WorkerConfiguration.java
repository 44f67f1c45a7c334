package io.carillon.worker.spring;

import io.carillon.worker.WorkerProperties;
import java.util.Optional;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** What {@link EnableWorker} brings. */
@Configuration(proxyBeanMethods = false)
public class WorkerConfiguration {
    /** The worker, configured by {@link WorkerProperties} of the environment. */
    @Bean
    public static WorkerLifecycle carillonWorker(ConfigurableListableBeanFactory beans, Environment environment) {
        return new WorkerLifecycle(
                beans, new WorkerProperties(name -> Optional.ofNullable(environment.getProperty(name))));
    }
}
