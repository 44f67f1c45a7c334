package io.carillon.dialect.task;

import io.carillon.platform.http.Exchange;
import io.carillon.platform.http.RequestIds;
import io.carillon.platform.log.Trace;
import io.carillon.platform.metrics.HttpRequests;
import io.carillon.security.Authentication;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import jakarta.inject.Inject;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.core.HttpHeaders;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;

/**
 * Serves the calls that are made once for each task, and those for many tasks, without JAX-RS: its way from a request to a
 * method and back costs more than all the rest of such a call. Everything else below these paths is JAX-RS's, as before. See
 * docs/adr/0007.
 */
@WebFilter(urlPatterns = "/*", asyncSupported = true)
public class DirectCalls implements Filter {
    private static final String ROOT = "/v1/queue/";
    private static final String DOUBLED = "/v1/v1/";
    private static final String COMPLETE = "/complete";
    private static final String TASK = "TASK-";

    /** A call, where it is, and who may make it. */
    private record Served(String template, Set<String> methods, Role role, DirectCall call) {
        static Served post(String path, Role role, DirectCall call) {
            return new Served(ROOT + path, Set.of("POST"), role, call);
        }
    }

    private final Map<String, Served> byName;
    private final Served complete;
    private final Served status;
    private final Authentication authentication;
    private final TaskApiErrors errors;
    private final HttpRequests requests;
    private final ExecutorService executor;

    @Inject
    DirectCalls(
            PutCall put,
            PutManyCall putMany,
            TakeCall take,
            CompleteCall complete,
            CompleteManyCall completeMany,
            StatusCall status,
            Authentication authentication,
            TaskApiErrors errors,
            HttpRequests requests,
            ExecutorService executor) {
        this.byName = Map.of(
                "put", Served.post("put", Role.PRODUCER, put),
                "put-many", Served.post("put-many", Role.PRODUCER, putMany),
                "take", Served.post("take", Role.WORKER, take),
                "complete-many", Served.post("complete-many", Role.WORKER, completeMany));
        this.complete = Served.post("{task_id}" + COMPLETE, Role.WORKER, complete);
        this.status = new Served(ROOT + "{task_id}", Set.of("GET", "HEAD"), Role.PRODUCER, status);
        this.authentication = authentication;
        this.errors = errors;
        this.requests = requests;
        this.executor = executor;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (request instanceof HttpServletRequest http && response instanceof HttpServletResponse answer) {
            String path = path(http);
            if (path.startsWith(ROOT)) {
                String rest = path.substring(ROOT.length());
                Served served = served(rest);
                if (served != null) {
                    serve(served, rest, http, answer);
                    return;
                }
            }
        }
        chain.doFilter(request, response);
    }

    /** Decoded, and without what older clients double. */
    private static String path(HttpServletRequest request) {
        String info = request.getPathInfo();
        String path = info == null ? request.getServletPath() : request.getServletPath() + info;
        return path.startsWith(DOUBLED) ? path.substring("/v1".length()) : path;
    }

    /** Null for what is not served here. */
    private Served served(String rest) {
        int slash = rest.indexOf('/');
        if (slash < 0) {
            return rest.startsWith(TASK) ? status : byName.get(rest);
        }
        return rest.length() == slash + COMPLETE.length() && rest.endsWith(COMPLETE) ? complete : null;
    }

    private void serve(Served served, String rest, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        RequestIds ids = RequestIds.of(request.getHeader(RequestIds.TRACE_HEADER));
        String method = request.getMethod();
        long begun = System.nanoTime();
        Exchange exchange = new Exchange(
                request,
                response,
                ids,
                executor,
                status -> requests.record(
                        method, served.template(), status, Duration.ofNanos(System.nanoTime() - begun)));
        Trace.begin(ids.trace());
        try {
            requireMethod(served, method);
            Caller caller =
                    authentication.caller(exchange.headers(HttpHeaders.AUTHORIZATION), () -> parameters(request));
            caller.require(served.role());
            String id = served == complete ? rest.substring(0, rest.indexOf('/')) : served == status ? rest : "";
            served.call().answer(exchange, caller, id);
        } catch (RuntimeException refused) {
            exchange.refuse(errors.answer(refused));
        } finally {
            Trace.end();
        }
    }

    private static void requireMethod(Served served, String method) {
        if (!served.methods().contains(method)) {
            String[] allowed = served.methods().stream().sorted().toArray(String[]::new);
            throw new NotAllowedException(allowed[0], allowed);
        }
    }

    private static List<String> parameters(HttpServletRequest request) {
        String[] values = request.getParameterValues(HttpHeaders.AUTHORIZATION);
        return values == null ? null : List.of(values);
    }
}
