package io.carillon.platform.http;

import io.carillon.platform.log.Trace;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;

/**
 * Lets no request leave its trace id on the thread, which goes on to other requests. Around all of JAX-RS, because a request
 * that goes on elsewhere never comes back to {@link RequestIdsFilter} on its first thread.
 */
public class TraceFilter implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Trace.end();
        try {
            chain.doFilter(request, response);
        } finally {
            Trace.end();
        }
    }
}
