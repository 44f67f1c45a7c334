package io.carillon.worker.spring;

import io.carillon.worker.ContainerWorker;
import io.carillon.worker.HandlerMethod;
import io.carillon.worker.Handles;
import io.carillon.worker.TaskExecutor;
import io.carillon.worker.Worker;
import io.carillon.worker.WorkerProperties;
import java.lang.reflect.Method;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanInitializationException;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.ReflectionUtils;

/**
 * The worker of a Spring application. Tasks are done by the methods of its beans that have {@link Handles}; or, when there are none,
 * by its bean of type {@link TaskExecutor}. It starts last and stops first: gracefully, within {@code
 * carillon.worker.shutdown-timeout}, also when the context would wait less for the phase. What is wrong with a method or a property
 * ends the start of the context.
 */
public final class WorkerLifecycle implements SmartLifecycle, SmartInitializingSingleton {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerLifecycle.class);

    private final ConfigurableListableBeanFactory beans;
    private final WorkerProperties properties;
    private volatile ContainerWorker worker;
    private volatile boolean running;

    WorkerLifecycle(ConfigurableListableBeanFactory beans, WorkerProperties properties) {
        this.beans = beans;
        this.properties = properties;
    }

    /** The worker; empty before all beans are there, when no bean does tasks, and when it is not enabled. */
    public Optional<Worker> worker() {
        return Optional.ofNullable(worker).map(ContainerWorker::worker);
    }

    @Override
    public void afterSingletonsInstantiated() {
        try {
            Map<HandlerMethod, HandlerMethod.Call> methods = methods();
            TaskExecutor executor = methods.isEmpty()
                    ? beans.getBeanProvider(TaskExecutor.class).getIfAvailable()
                    : null;
            if (methods.isEmpty() && executor == null) {
                LOG.debug("No bean does tasks");
            } else if (!properties.isEnabled()) {
                LOG.info("The worker is not enabled");
            } else if (executor != null) {
                worker = ContainerWorker.of(properties, executor);
            } else {
                worker = ContainerWorker.of(properties, methods);
            }
        } catch (IllegalArgumentException wrong) {
            throw new BeanInitializationException(wrong.getMessage(), wrong);
        }
    }

    /** By the types of all beans: none is made for it. */
    private Map<HandlerMethod, HandlerMethod.Call> methods() {
        Map<HandlerMethod, HandlerMethod.Call> methods = new LinkedHashMap<>();
        for (String name : beans.getBeanNamesForType(Object.class, true, false)) {
            Class<?> type =
                    ScopedProxyUtils.isScopedTarget(name) ? null : AutoProxyUtils.determineTargetClass(beans, name);
            if (type == null || !AnnotationUtils.isCandidateClass(type, Handles.class)) {
                continue;
            }
            Map<Method, Handles> found =
                    MethodIntrospector.selectMethods(type, (MethodIntrospector.MetadataLookup<Handles>)
                            method -> AnnotatedElementUtils.findMergedAnnotation(method, Handles.class));
            found.forEach((method, handles) -> {
                requireCallable(name, method);
                methods.put(
                        HandlerMethod.of(method, handles),
                        (called, arguments) -> call(beans.getBean(name), called, arguments));
            });
        }
        return methods;
    }

    /** A proxy of interfaces has only their methods. */
    private void requireCallable(String bean, Method method) {
        Class<?> type = beans.getType(bean, false);
        if (type != null) {
            try {
                AopUtils.selectInvocableMethod(method, type);
            } catch (IllegalStateException hidden) {
                throw new IllegalArgumentException(
                        "@Handles " + method + " cannot be called on bean '" + bean + "': " + hidden.getMessage(),
                        hidden);
            }
        }
    }

    private static Object call(Object bean, Method method, Object[] arguments) throws Exception {
        // A proxy of an interface has the interface's method.
        Method callable = AopUtils.selectInvocableMethod(method, bean.getClass());
        ReflectionUtils.makeAccessible(callable);
        return callable.invoke(bean, arguments);
    }

    /** Begins to take tasks. A worker that was stopped does not begin again. */
    @Override
    public void start() {
        if (worker != null && worker.worker().state() == Worker.State.NEW) {
            running = true;
            worker.start();
        }
    }

    @Override
    public void stop() {
        if (running) {
            worker.close();
            running = false;
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
