package io.carillon.dialect;

import io.carillon.dialect.openai.OpenAiHeaders;
import io.carillon.dialect.openai.OpenAiPaths;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.AnswerHeaders;
import io.carillon.platform.http.ErrorAnswer;
import io.carillon.platform.http.Problem;
import io.carillon.platform.http.RequestIds;
import jakarta.inject.Inject;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Answers in JSON what the server refuses before JAX-RS sees it, such as a header that it cannot read. */
@WebServlet(ContainerErrors.PATH)
public class ContainerErrors extends HttpServlet {
    static final String PATH = "/carillon-error";
    /** By the Servlet specification, 10.5. */
    private static final Pattern NEVER_SERVED = Pattern.compile("/(WEB|META)-INF(/|$)", Pattern.CASE_INSENSITIVE);

    private static final long serialVersionUID = 1L;

    @Inject
    private transient ErrorShapes shapes;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = path(request);
        ErrorAnswer answer = shapes.of(path).answer(problem(request, response.getStatus()));
        AnswerHeaders always = AnswerHeaders.of(request);
        if (always.isEmpty()) {
            RequestIds ids = RequestIds.of(RequestIds.sent(request));
            always.add(ids::headers);
            if (OpenAiPaths.contains(path)) {
                OpenAiHeaders.add(always, ids, System.nanoTime());
            }
        }
        response.setStatus(answer.status());
        always.now().forEach(response::setHeader);
        answer.headers().forEach(response::setHeader);
        response.setContentType("application/json");
        response.setContentLength(answer.body().bytes().length);
        response.getOutputStream().write(answer.body().bytes());
    }

    /** What was asked for, below the application's root; this servlet's own path when it was asked for itself. */
    private static String path(HttpServletRequest request) {
        String asked = request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI) instanceof String uri
                ? uri
                : request.getRequestURI();
        return asked.startsWith(request.getContextPath())
                ? asked.substring(request.getContextPath().length())
                : asked;
    }

    private static Problem problem(HttpServletRequest request, int status) {
        boolean asked = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) == null;
        String path = String.valueOf(request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI));
        if (asked || status == 404 && NEVER_SERVED.matcher(path).lookingAt()) {
            return problem(404, "There is nothing at this path");
        }
        // JAX-RS has every other path as long as it works. A worker must not take this for an unknown task.
        return status == 404
                ? Problem.of(new Refused(
                        Reason.UNAVAILABLE,
                        "The server is starting or stopping; try again",
                        null,
                        Duration.ofSeconds(1)))
                : problem(status, "The server refused this request");
    }

    private static Problem problem(int status, String message) {
        return new Problem(Optional.empty(), status, message, Optional.empty(), Optional.empty(), Map.of());
    }
}
