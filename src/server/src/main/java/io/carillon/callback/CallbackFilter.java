package io.carillon.callback;

import java.util.Optional;

/**
 * Which callbacks somebody asks for.
 *
 * @param owner only those of this key's tasks
 * @param queue only those of this queue's tasks, by its number
 * @param state only those that stand so
 */
public record CallbackFilter(Optional<String> owner, Optional<Integer> queue, Optional<CallbackState> state) {}
