package io.carillon.dialect.openai.file;

import io.carillon.idempotency.Claim;
import io.carillon.idempotency.IdempotencyKey;
import io.carillon.idempotency.IdempotencyKeys;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.Problem;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Makes things once for each {@code Idempotency-Key} (contract 9): the id of what is made is reserved under the key first, so
 * that a repeated request finds it, and one that comes after a crash makes it under the same id. Safe for many threads.
 */
public class Once {
    private final IdempotencyKeys keys;

    Once(IdempotencyKeys keys) {
        this.keys = keys;
    }

    /**
     * Makes something, or finds what the same request has made before.
     *
     * @param owner the public id of the caller's key
     * @param headers the values of {@code Idempotency-Key}; without one it is made
     * @param request says all that makes one request differ from another
     * @param newId the id that it has when it is new
     * @param find looks for what has that id
     * @param make makes it under that id; more than once must do no harm
     * @throws Refused 409 {@code idempotency_key_reused}; whatever {@code make} throws
     */
    <T> T make(
            String owner,
            List<String> headers,
            byte[] request,
            String newId,
            Function<String, Optional<T>> find,
            Function<String, T> make) {
        Optional<IdempotencyKey> key = IdempotencyKey.of(owner, headers, request);
        if (key.isEmpty()) {
            return make.apply(newId);
        }
        Claim claim = join(keys.claim(key.get(), newId, false));
        if (claim.isRepeat()) {
            Optional<T> made = find.apply(claim.taskId());
            if (made.isPresent()) {
                return made.get();
            }
            // it was deleted since, so the key stands for nothing any more
            join(keys.gone(claim));
            claim = join(keys.claim(key.get(), newId, false));
        }
        try {
            String id = claim.taskId();
            // When this is not the first request with the key, nobody knows whether an earlier one has made it.
            Optional<T> earlier = id.equals(newId) ? Optional.empty() : find.apply(id);
            T made = earlier.isPresent() ? earlier.get() : make.apply(id);
            join(keys.done(claim));
            return made;
        } catch (Refused refused) {
            join(refused.reason() == Reason.UNAVAILABLE ? keys.unknown(claim) : keys.refused(claim));
            throw refused;
        } catch (RuntimeException failure) {
            join(keys.unknown(claim));
            throw failure;
        }
    }

    private static <T> T join(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException failure) {
            if (Problem.unwrapped(failure) instanceof Refused refused) {
                throw refused.reason() == Reason.CONFLICT
                        ? new Refused(
                                Reason.CONFLICT,
                                refused.getMessage(),
                                IdempotencyKey.HEADER,
                                null,
                                "idempotency_key_reused")
                        : refused;
            }
            throw failure;
        }
    }
}
