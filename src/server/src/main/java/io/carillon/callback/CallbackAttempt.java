package io.carillon.callback;

import java.time.Duration;
import java.time.Instant;

/**
 * One attempt to deliver a callback, as the delivery log has it.
 *
 * @param number from 1; goes on over replays
 * @param status the receiver's HTTP status, or null when none came
 * @param error why no status came, or null
 * @param answer the first part of the receiver's answer, 1 KB at most; empty when there was none
 */
public record CallbackAttempt(int number, Instant ended, Duration took, Integer status, String error, byte[] answer) {}
