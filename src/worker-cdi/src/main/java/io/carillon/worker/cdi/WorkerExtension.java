package io.carillon.worker.cdi;

import io.carillon.worker.ContainerWorker;
import io.carillon.worker.HandlerMethod;
import io.carillon.worker.Handles;
import io.carillon.worker.TaskExecutor;
import io.carillon.worker.Worker;
import io.carillon.worker.WorkerProperties;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.AfterBeanDiscovery;
import jakarta.enterprise.inject.spi.AfterDeploymentValidation;
import jakarta.enterprise.inject.spi.AnnotatedMethod;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.enterprise.inject.spi.BeforeShutdown;
import jakarta.enterprise.inject.spi.Extension;
import jakarta.enterprise.inject.spi.ProcessManagedBean;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives an application a worker that has tasks done by the methods of its beans that have {@link Handles}; or, when there are none,
 * by its bean of type {@link TaskExecutor}. It starts when the application has started and stops, gracefully, before the
 * application's beans end. {@link WorkerProperties} configure it, from MicroProfile Config when there is one, else from the system
 * properties and the environment. What is wrong with a method or a property is an error of the deployment.
 *
 * <p>Each call of a method has a request context of its own. An injected {@link Worker} is the one that runs.
 */
public class WorkerExtension implements Extension {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerExtension.class);

    private final Map<HandlerMethod, BeanCall> methods = new LinkedHashMap<>();
    private ContainerWorker worker;
    private boolean running;

    void find(@Observes ProcessManagedBean<?> event) {
        for (AnnotatedMethod<?> method : event.getAnnotatedBeanClass().getMethods()) {
            Handles handles = method.getAnnotation(Handles.class);
            // A bridge has the annotations of the method that it leads to.
            if (handles != null && !method.getJavaMember().isBridge()) {
                try {
                    methods.put(HandlerMethod.of(method.getJavaMember(), handles), new BeanCall(event.getBean()));
                } catch (IllegalArgumentException wrong) {
                    event.addDefinitionError(wrong);
                }
            }
        }
    }

    void define(@Observes AfterBeanDiscovery event) {
        event.<Worker>addBean().types(Worker.class).scope(Dependent.class).createWith(context -> running());
    }

    private Worker running() {
        if (worker == null) {
            throw new IllegalStateException(
                    "There is no worker: no bean has a @Handles method, or carillon.worker.enabled is false");
        }
        return worker.worker();
    }

    void check(@Observes AfterDeploymentValidation event, BeanManager beans) {
        try {
            WorkerProperties properties = properties();
            Set<Bean<?>> executors = methods.isEmpty() ? beans.getBeans(TaskExecutor.class) : Set.of();
            if (methods.isEmpty() && executors.isEmpty()) {
                LOG.debug("No bean does tasks");
            } else if (!properties.isEnabled()) {
                LOG.info("The worker is not enabled");
            } else if (methods.isEmpty()) {
                worker = ContainerWorker.of(
                        properties,
                        beans.createInstance().select(TaskExecutor.class).get());
            } else {
                worker = ContainerWorker.of(properties, new LinkedHashMap<>(methods));
            }
        } catch (RuntimeException wrong) {
            event.addDeploymentProblem(wrong);
        }
    }

    void start(@Observes @Initialized(ApplicationScoped.class) Object application, BeanManager beans) {
        // An archive of several modules says it more than once.
        if (worker != null && !running) {
            running = true;
            methods.values().forEach(call -> call.open(beans));
            worker.start();
        }
    }

    void stop(@Observes @BeforeDestroyed(ApplicationScoped.class) Object application) {
        stop();
    }

    /** For containers that do not say that the application is about to end. */
    void end(@Observes BeforeShutdown event) {
        stop();
    }

    private void stop() {
        if (running) {
            running = false;
            worker.close();
            methods.values().forEach(BeanCall::close);
        }
    }

    private static WorkerProperties properties() {
        try {
            return OfMicroProfile.properties();
        } catch (NoClassDefFoundError | IllegalStateException none) {
            return WorkerProperties.ofSystem();
        }
    }

    /** A class of its own, for it cannot be loaded where there is no MicroProfile Config. */
    private static final class OfMicroProfile {
        static WorkerProperties properties() {
            Config config = ConfigProvider.getConfig();
            return new WorkerProperties(name -> config.getOptionalValue(name, String.class));
        }
    }
}
