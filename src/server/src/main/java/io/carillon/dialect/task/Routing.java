package io.carillon.dialect.task;

import io.carillon.callback.CallbackAddress;
import io.carillon.channel.Channels;
import io.carillon.instance.Instance;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Outcome;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import io.carillon.security.Caller;
import io.carillon.task.NewTask;
import io.carillon.task.ResponseMode;
import io.carillon.task.Specification;
import io.carillon.task.Tasks;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/** Turns a put into a task: which queue, how long it lives, who holds its caller. Contract: bella-queue 6. */
class Routing {
    private static final Duration CALLBACK_LIFE = Duration.ofHours(24);

    private final Queues queues;
    private final Channels channels;
    private final CallbackAddress callbackAddress;
    private final Tasks tasks;
    private final Instance instance;
    private final Configuration configuration;
    private final Clock clock;

    Routing(
            Queues queues,
            Channels channels,
            CallbackAddress callbackAddress,
            Tasks tasks,
            Instance instance,
            Configuration configuration,
            Clock clock) {
        this.queues = queues;
        this.channels = channels;
        this.callbackAddress = callbackAddress;
        this.tasks = tasks;
        this.instance = instance;
        this.configuration = configuration;
        this.clock = clock;
    }

    /** @throws Refused when the task cannot be put */
    NewTask route(PutRequest put, Caller caller) {
        return routes(caller).task(put);
    }

    /** Like {@link #route}, although the queue may drain: the task may have been put before it did. */
    NewTask routeAgain(PutRequest put, Caller caller) {
        return new Routes(caller, queues::get).task(put);
    }

    /** The ways of one request's puts. */
    Routes routes(Caller caller) {
        return new Routes(caller, queues::open);
    }

    /** Turns the puts of one request into tasks, and looks up each queue once. For one thread. */
    final class Routes {
        private final Caller caller;
        private final Function<QueueName, Queue> queueOf;
        private final Map<QueueName, Outcome<Queue>> open = new HashMap<>();

        private Routes(Caller caller, Function<QueueName, Queue> queueOf) {
            this.caller = caller;
            this.queueOf = queueOf;
        }

        /** @throws Refused when the task cannot be put */
        NewTask task(PutRequest put) {
            QueueName name = put.queue()
                    .orElseGet(() -> channels.route(put.endpoint(), put.model().orElse(null)));
            return route(
                    put, caller.keyId(), open.computeIfAbsent(name, this::open).orThrow());
        }

        private Outcome<Queue> open(QueueName name) {
            try {
                caller.require(name);
                return Outcome.of(queueOf.apply(name));
            } catch (RuntimeException failure) {
                return Outcome.failed(failure);
            }
        }
    }

    private NewTask route(PutRequest put, String owner, Queue queue) {
        boolean callsBack = put.responseMode() == ResponseMode.CALLBACK;
        if (callsBack) {
            put.callbackUrl().ifPresent(callbackAddress::check);
        }
        Specification specification = new Specification(
                queue.name().text(),
                put.endpoint(),
                owner,
                callsBack ? put.callbackUrl().orElse(null) : null,
                put.traceId().orElse(null),
                put.batchId().orElse(null),
                null,
                put.group().orElse(null));
        boolean hasCaller = put.responseMode().hasWaitingCaller();
        return new NewTask(
                tasks.newId(queue, put.level(), put.responseMode()),
                specification,
                put.data(),
                hasCaller ? wait(put) : life(put),
                hasCaller ? instance.name() : null,
                put.retries(),
                put.due());
    }

    /** A life that is given begins at once, the usual one when the task may be taken. */
    private Duration life(PutRequest put) {
        Duration rest = put.due().from(clock.instant());
        if (put.timeout().filter(life -> life.compareTo(rest) <= 0).isPresent()) {
            throw new Refused(Reason.INVALID, "The task would be over before it is due", "timeout");
        }
        return put.timeout().orElse(CALLBACK_LIFE.plus(rest));
    }

    private Duration wait(PutRequest put) {
        Duration wanted = put.timeout().orElse(configuration.blockingTimeout());
        Duration most = configuration.blockingTimeoutMax();
        return wanted.compareTo(most) > 0 ? most : wanted;
    }
}
