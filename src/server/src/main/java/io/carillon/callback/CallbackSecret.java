package io.carillon.callback;

import java.time.Instant;
import java.util.Optional;

/**
 * What is told of a secret after it was made: everything but the secret.
 *
 * @param number unique among all secrets
 * @param expires from when on nothing is signed with it; empty for the newest, which stays until it is exchanged or deleted
 */
public record CallbackSecret(long number, Instant created, Optional<Instant> expires) {}
