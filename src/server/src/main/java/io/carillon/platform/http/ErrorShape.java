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

    /** The whole answer. */
    default ErrorAnswer answer(Problem problem) {
        return new ErrorAnswer(status(problem), problem.headers(), Json.raw(body(problem)));
    }

    /** The whole answer for a failure, for whoever writes it without throwing it. See {@link Problem#of(Throwable)}. */
    default ErrorAnswer answer(Throwable failure) {
        return answer(Problem.of(failure));
    }
}
