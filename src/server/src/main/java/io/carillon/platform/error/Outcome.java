package io.carillon.platform.error;

import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * What came of one of many that were done together: each succeeds or fails alone.
 *
 * @param value what it was answered; null when it failed, or when there is nothing to say
 * @param failure why it failed, as it was thrown; null when it did not
 */
public record Outcome<T>(T value, Throwable failure) {
    public static <T> Outcome<T> of(T value) {
        return new Outcome<>(value, null);
    }

    public static <T> Outcome<T> failed(Throwable failure) {
        return new Outcome<>(null, failure);
    }

    public boolean isFailed() {
        return failure != null;
    }

    /** The value; throws the failure when there is none, wrapped unless it is unchecked. */
    public T orThrow() {
        if (failure instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure != null) {
            throw new CompletionException(failure);
        }
        return value;
    }

    /** The same with another value, unless it failed. */
    public <R> Outcome<R> map(Function<T, R> change) {
        return failure == null ? of(change.apply(value)) : failed(failure);
    }

    /** What comes of it next, unless it failed; the next step may fail by throwing. */
    public <R> Outcome<R> then(Function<T, R> step) {
        if (failure != null) {
            return failed(failure);
        }
        try {
            return of(step.apply(value));
        } catch (RuntimeException thrown) {
            return failed(thrown);
        }
    }
}
