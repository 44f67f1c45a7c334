package io.carillon.quota;

import java.time.Duration;

/**
 * How a key stands with its requests per minute after a request.
 *
 * @param refused whether the request was one too many, and was not counted
 * @param limit requests per minute
 * @param remaining how many more it may send at once
 * @param untilOne how long until it may send one; zero when it may now
 * @param reset how long until it may send {@code limit} at once
 */
public record Rate(boolean refused, long limit, long remaining, Duration untilOne, Duration reset) {}
