package io.carillon.platform.redis;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.redisson.RedissonShutdownException;
import org.redisson.api.RScript;
import org.redisson.api.RScript.Mode;
import org.redisson.api.RScript.ReturnType;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.OptionalOptions;
import org.redisson.client.RedisConnectionException;
import org.redisson.client.RedisException;
import org.redisson.client.RedisNodeNotFoundException;
import org.redisson.client.RedisReadonlyException;
import org.redisson.client.RedisRedirectException;
import org.redisson.client.RedisRetryException;
import org.redisson.client.RedisTimeoutException;
import org.redisson.client.codec.ByteArrayCodec;

/** Runs scripts. Redis keeps their text and is sent a hash only. Safe for many threads. */
public class Scripts {
    private final RScript redis;
    private final RScript redisOnce;

    public Scripts(RedissonClient client) {
        this.redis = client.getScript(ByteArrayCodec.INSTANCE);
        this.redisOnce = client.getScript(
                OptionalOptions.defaults().codec(ByteArrayCodec.INSTANCE).retryAttempts(0));
    }

    /**
     * Runs a script that answers with a list.
     *
     * @param key the prefix of the queue's keys
     * @param arguments texts, numbers and byte arrays
     * @return the list, of {@code Long}, {@code byte[]} and lists; empty when the script answers nothing. Fails with
     *     {@link Refused} ({@link Reason#UNAVAILABLE}) when Redis does not answer
     */
    public CompletionStage<List<Object>> list(Script script, String key, Object... arguments) {
        return list(script, List.of(key), arguments);
    }

    /** Like {@link #list(Script, String, Object...)}, with several keys of one slot. */
    public CompletionStage<List<Object>> list(Script script, List<String> keys, Object... arguments) {
        return this.<List<Object>>run(redis, script, ReturnType.LIST, keys, arguments)
                .thenApply(list -> list == null ? List.of() : list);
    }

    /**
     * Like {@link #list}, but never sent again when its answer is lost: for a script that would do something else the
     * second time.
     */
    public CompletionStage<List<Object>> listOnce(Script script, List<String> keys, Object... arguments) {
        return this.<List<Object>>run(redisOnce, script, ReturnType.LIST, keys, arguments)
                .thenApply(list -> list == null ? List.of() : list);
    }

    /** Runs a script that answers with a number. See {@link #list}. */
    public CompletionStage<Long> number(Script script, String key, Object... arguments) {
        return number(script, List.of(key), arguments);
    }

    /** Like {@link #number(Script, String, Object...)}, with several keys of one slot. */
    public CompletionStage<Long> number(Script script, List<String> keys, Object... arguments) {
        return run(redis, script, ReturnType.LONG, keys, arguments);
    }

    /** Like {@link #number(Script, List, Object...)}, but never sent again. See {@link #listOnce}. */
    public CompletionStage<Long> numberOnce(Script script, List<String> keys, Object... arguments) {
        return run(redisOnce, script, ReturnType.LONG, keys, arguments);
    }

    /** Runs a script that answers with a text. See {@link #list}. */
    public CompletionStage<String> text(Script script, String key, Object... arguments) {
        return text(script, List.of(key), arguments);
    }

    /** Like {@link #text(Script, String, Object...)}, with several keys of one slot. */
    public CompletionStage<String> text(Script script, List<String> keys, Object... arguments) {
        return this.<byte[]>run(redis, script, ReturnType.VALUE, keys, arguments)
                .thenApply(Scripts::text);
    }

    /** A text in a script's answer. */
    public static String text(Object answer) {
        return new String((byte[]) answer, StandardCharsets.UTF_8);
    }

    /** A number in a script's answer, which may have come as text. */
    public static long number(Object answer) {
        return answer instanceof Long number ? number : Long.parseLong(text(answer));
    }

    private <R> CompletionStage<R> run(
            RScript how, Script script, ReturnType type, List<String> keys, Object[] arguments) {
        byte[][] encoded = new byte[arguments.length][];
        for (int i = 0; i < arguments.length; i++) {
            encoded[i] = arguments[i] instanceof byte[] bytes
                    ? bytes
                    : arguments[i].toString().getBytes(StandardCharsets.UTF_8);
        }
        CompletionStage<R> answer =
                how.evalAsync(Mode.READ_WRITE, script.text(), type, List.<Object>copyOf(keys), (Object[]) encoded);
        return orRefused(answer, "Script " + script);
    }

    /**
     * What Redis answers to a command of another kind.
     *
     * @param what the command, for an error that is not the caller's
     * @return the answer; fails with {@link Refused} ({@link Reason#UNAVAILABLE}) when there is none
     */
    public static <R> CompletionStage<R> orRefused(CompletionStage<R> answer, String what) {
        return answer.exceptionally(failure -> {
            throw translated(what, failure);
        });
    }

    /** What Redis said. The client library goes on with the arguments, in which there may be a payload or a password. */
    public static String withoutArguments(Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        int more = message.indexOf(". channel: [");
        return more < 0 ? failure.getClass().getSimpleName() : message.substring(0, more);
    }

    private static RuntimeException translated(String what, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        for (Throwable t = cause; t != null; t = t.getCause()) {
            if (t instanceof IOException
                    || t instanceof RedisTimeoutException
                    || t instanceof RedisConnectionException
                    || t instanceof RedisNodeNotFoundException
                    || t instanceof RedisRetryException
                    || t instanceof RedisReadonlyException
                    || t instanceof RedisRedirectException
                    || t instanceof RedissonShutdownException) {
                return new Refused(Reason.UNAVAILABLE, "Redis cannot be reached; try again");
            }
        }
        String words = withoutArguments(cause);
        return words.startsWith(Stale.WORD) ? new Stale(words) : new RedisException(what + " failed: " + words);
    }
}
