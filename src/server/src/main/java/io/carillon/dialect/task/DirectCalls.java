package io.carillon.dialect.task;

import io.carillon.platform.http.Exchange;
import io.carillon.platform.http.Outflows;
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
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.core.HttpHeaders;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Serves the calls that are made once for each task, and those for many tasks, without JAX-RS: its way from a request to a
 * method and back costs more than all the rest of such a call. Everything else below these paths is JAX-RS's, as before. See
 * docs/adr/0007.
 */
public class DirectCalls implements Filter {
    private static final String ROOT = "/v1/queue/";
    private static final String DOUBLED = "/v1/v1/";
    private static final String COMPLETE = "/complete";
    private static final String TASK = "TASK-";
    private static final int OK = 200;
    private static final byte[] NOTHING = {};

    /** What is served here: method and path template. */
    public static final List<String> OPERATIONS = List.of(
            "POST " + ROOT + "put",
            "POST " + ROOT + "put-many",
            "POST " + ROOT + "take",
            "POST " + ROOT + "complete-many",
            "POST " + ROOT + "{task_id}" + COMPLETE);

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
    private final Outflows outflows;

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
            Outflows outflows) {
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
        this.outflows = outflows;
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

    /** Decoded, without what older clients double, and without a slash at its end, as JAX-RS takes it too. */
    private static String path(HttpServletRequest request) {
        String info = request.getPathInfo();
        String path = info == null ? request.getServletPath() : request.getServletPath() + info;
        String once = path.startsWith(DOUBLED) ? path.substring("/v1".length()) : path;
        return once.endsWith("/") ? once.substring(0, once.length() - 1) : once;
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
                outflows,
                status -> requests.record(
                        method, served.template(), status, Duration.ofNanos(System.nanoTime() - begun)));
        Trace.begin(ids.trace());
        try {
            if (method.equals("OPTIONS")) {
                exchange.answer(OK, NOTHING, Map.of(HttpHeaders.ALLOW, String.join(", ", served.methods())));
                return;
            }
            requireMethod(served, method);
            Caller caller =
                    authentication.caller(exchange.headers(HttpHeaders.AUTHORIZATION), () -> parameters(request));
            caller.require(served.role());
            String id = served == complete ? rest.substring(0, rest.indexOf('/')) : served == status ? rest : "";
            served.call().answer(exchange, caller, id);
        } catch (RuntimeException | Error failure) {
            exchange.refuse(errors.answer(failure));
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

    /** Those of the query alone: a form's belong to its body, which is not read before the caller is known. */
    private static List<String> parameters(HttpServletRequest request) {
        String query = request.getQueryString();
        if (query == null) {
            return null;
        }
        List<String> values = new ArrayList<>(1);
        for (String pair : query.split("&")) {
            int equals = pair.indexOf('=');
            if (equals > 0 && decoded(pair.substring(0, equals)).equals(HttpHeaders.AUTHORIZATION)) {
                values.add(decoded(pair.substring(equals + 1)));
            }
        }
        return values;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return text;
        }
    }
}
