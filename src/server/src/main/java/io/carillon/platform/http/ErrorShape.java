package io.carillon.platform.http;

import io.carillon.platform.json.Json;

/** How one dialect tells its callers what is wrong. */
public interface ErrorShape {

    /** The HTTP status of the answer. */
    default int status(Problem problem) {
        return problem.status();
    }

    /** The body of the answer: anything that {@link Json} can write. */
    Object body(Problem problem);

    /** The whole answer, for whoever writes it without an exception that a resource throws. */
    default ErrorAnswer answer(Throwable failure) {
        Problem problem = Problem.of(failure);
        return new ErrorAnswer(status(problem), problem.headers(), Json.raw(body(problem)));
    }
}
