package io.carillon.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JavaType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;

/**
 * A method that does tasks, for containers that find such methods by {@link Handles}.
 *
 * <p>It takes the payload, the {@link TaskWrapper}, or both, in any order. The payload comes as any type that Jackson reads; as a
 * {@code String} or {@code byte[]} it is the producer's JSON to the letter, and null when there is none. A payload that does not
 * fit ends the task with status 400, for another attempt would not fit either. What the method returns is the result, as of a
 * {@link Handler}; what it throws makes a failed attempt, or the end with {@link PermanentFailure}. It may return nothing if it
 * takes the {@link TaskWrapper}; then it must end the task before it returns, else the attempt has failed.
 *
 * <p>Immutable.
 */
public final class HandlerMethod {
    private static final int BAD_REQUEST = 400;

    /** How a container calls a method of one of its beans. */
    @FunctionalInterface
    public interface Call {
        /** @throws InvocationTargetException with what the method threw */
        Object call(Method method, Object[] arguments) throws Exception;
    }

    private final Method method;
    private final List<String> queues;

    private HandlerMethod(Method method, List<String> queues) {
        this.method = method;
        this.queues = queues;
    }

    /**
     * Checks a method.
     *
     * @throws IllegalArgumentException when it cannot do tasks, saying why
     */
    public static HandlerMethod of(Method method, Handles handles) {
        int modifiers = method.getModifiers();
        check(method, !Modifier.isStatic(modifiers), "must not be static");
        check(method, !Modifier.isPrivate(modifiers), "must not be private");
        long wrappers = Arrays.stream(method.getParameterTypes())
                .filter(type -> type == TaskWrapper.class)
                .count();
        int parameters = method.getParameterCount();
        check(
                method,
                parameters > 0 && wrappers <= 1 && parameters - wrappers <= 1,
                "must take the payload, a TaskWrapper, or one of each");
        check(
                method,
                !returnsNothing(method) || wrappers == 1,
                "must return the result, or take a TaskWrapper by which it ends the task");
        check(
                method,
                !Future.class.isAssignableFrom(method.getReturnType())
                        && !CompletionStage.class.isAssignableFrom(method.getReturnType()),
                "must return the result itself, not one that comes later");
        return new HandlerMethod(method, queues(method, handles));
    }

    private static boolean returnsNothing(Method method) {
        return method.getReturnType() == void.class || method.getReturnType() == Void.class;
    }

    private static List<String> queues(Method method, Handles handles) {
        try {
            QueueShare named = QueueShare.of(handles.value());
            check(
                    method,
                    named.toString().equals(handles.value().strip()) && named.level() == null,
                    "names the queue '" + handles.value() + "', but the level and the weight are values of their own");
            if (handles.levels().length == 0) {
                return List.of(new QueueShare(named.queue(), null, handles.weight()).toString());
            }
            return Arrays.stream(handles.levels())
                    .peek(level -> check(
                            method,
                            level >= 0 && level < QueueShare.LEVELS,
                            "names the level " + level + ", but levels are 0 to 9"))
                    .mapToObj(level -> new QueueShare(named.queue(), level, handles.weight()).toString())
                    .toList();
        } catch (WrongMethod wrong) {
            throw wrong;
        } catch (IllegalArgumentException wrong) {
            throw new WrongMethod(method, "is wrong: " + wrong.getMessage());
        }
    }

    private static void check(Method method, boolean holds, String otherwise) {
        if (!holds) {
            throw new WrongMethod(method, otherwise);
        }
    }

    private static final class WrongMethod extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        WrongMethod(Method method, String why) {
            super("@Handles method " + method.toGenericString() + " " + why);
        }
    }

    /** Has a worker take from the method's queues, and do their tasks with it. */
    void addTo(WorkerBuilder builder, Call call) {
        queues.forEach(queue -> builder.handler(queue, task -> handle(task, call)));
    }

    private Object handle(TaskWrapper task, Call call) throws Exception {
        int before = task.parkings();
        try {
            Object result = call.call(method, arguments(task));
            // One that is kept for later may have begun again on another thread by now.
            if (returnsNothing(method) && task.isOpen() && task.parkings() == before) {
                throw new IllegalStateException(method.getName() + " returned before it had ended task " + task.id());
            }
            return result;
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof Error error) {
                throw error;
            }
            throw (Exception) thrown.getCause();
        }
    }

    private Object[] arguments(TaskWrapper task) throws PermanentFailure {
        Type[] types = method.getGenericParameterTypes();
        Object[] arguments = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            arguments[i] = types[i] == TaskWrapper.class ? task : payload(task, types[i]);
        }
        return arguments;
    }

    private static Object payload(TaskWrapper task, Type wanted) throws PermanentFailure {
        String data = task.getPayload();
        if (wanted == String.class) {
            return data;
        }
        if (wanted == byte[].class) {
            return data == null ? null : data.getBytes(StandardCharsets.UTF_8);
        }
        JavaType type = Result.JSON.getTypeFactory().constructType(wanted);
        try {
            if (data != null) {
                return Result.JSON.readValue(data, type);
            }
            if (!type.isPrimitive()) {
                return null;
            }
        } catch (JsonProcessingException unfit) {
            // Its words quote the payload.
        }
        throw new PermanentFailure(
                BAD_REQUEST, "The data of the task is no " + type.getRawClass().getSimpleName());
    }

    @Override
    public String toString() {
        return method.getDeclaringClass().getName() + "." + method.getName() + " for " + String.join(", ", queues);
    }
}
