package io.carillon.worker.cdi;

import io.carillon.worker.HandlerMethod;
import jakarta.enterprise.context.control.RequestContextController;
import jakarta.enterprise.context.spi.CreationalContext;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import java.lang.reflect.Method;

/**
 * Calls methods of a bean, in a request context for each call. A bean without a scope of its own lives from {@link #open} to {@link
 * #close}. Safe for many threads between the two.
 */
final class BeanCall implements HandlerMethod.Call {
    private final Bean<?> bean;
    private volatile Object reference;
    private CreationalContext<?> context;
    private Instance<RequestContextController> requests;

    BeanCall(Bean<?> bean) {
        this.bean = bean;
    }

    void open(BeanManager beans) {
        requests = beans.createInstance().select(RequestContextController.class);
        context = beans.createCreationalContext(bean);
        reference = beans.getReference(bean, bean.getBeanClass(), context);
    }

    void close() {
        if (context != null) {
            context.release();
        }
    }

    @Override
    public Object call(Method method, Object[] arguments) throws Exception {
        method.setAccessible(true);
        RequestContextController request = requests.get();
        boolean begun = request.activate();
        try {
            return method.invoke(reference, arguments);
        } finally {
            if (begun) {
                request.deactivate();
            }
            requests.destroy(request);
        }
    }
}
