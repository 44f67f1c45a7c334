package io.carillon.dialect.task;

import io.carillon.platform.http.Exchange;
import io.carillon.security.Caller;
import java.io.IOException;

/** One of the calls that {@link DirectCalls} serves. Safe for many threads. */
@FunctionalInterface
interface DirectCall {
    /**
     * Answers, now or later. What it throws is answered as an error of the Task API.
     *
     * @param caller who may make this call
     * @param id what the path says in place of a task id; empty for a call that is not about a single task
     */
    void answer(Exchange exchange, Caller caller, String id) throws IOException;
}
