package io.carillon.batch;

import io.carillon.channel.Channels;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import io.carillon.security.AllowedQueues;
import io.carillon.security.Keys;
import java.util.Comparator;
import java.util.Optional;

/**
 * Which queue a batch goes to: the one that its request names, else the one of its model's channel, else the one that is
 * called like its model; without a model, the first that was registered for its endpoint. Safe for many threads.
 */
class Routes {
    private final Queues queues;
    private final Channels channels;
    private final Keys keys;

    Routes(Queues queues, Channels channels, Keys keys) {
        this.queues = queues;
        this.channels = channels;
        this.keys = keys;
    }

    /** Whether there is a queue for an endpoint. */
    boolean serves(String endpoint) {
        return ofEndpoint(endpoint, AllowedQueues.ALL).isPresent();
    }

    /** @param model or null */
    Optional<Queue> queue(Batch batch, String model) {
        if (batch.wantedQueue() != null) {
            return queues.find(new QueueName(batch.wantedQueue()));
        }
        AllowedQueues allowed = allowed(batch.owner());
        if (model == null) {
            return ofEndpoint(batch.endpoint(), allowed);
        }
        Optional<Queue> routed = ofChannel(batch.endpoint(), model).or(() -> named(model));
        if (routed.isEmpty() && Endpoint.known(batch.endpoint()).isEmpty()) {
            routed = ofEndpoint(batch.endpoint(), allowed);
        }
        return routed.filter(queue -> allowed.contains(queue.name()));
    }

    private AllowedQueues allowed(String owner) {
        return owner.equals(Keys.ADMIN_KEY_ID)
                ? AllowedQueues.ALL
                : keys.get(owner).queues();
    }

    private Optional<Queue> ofChannel(String endpoint, String model) {
        try {
            return queues.find(channels.route(endpoint, model));
        } catch (Refused none) {
            if (none.reason() != Reason.INVALID) {
                throw none;
            }
            return Optional.empty();
        }
    }

    private Optional<Queue> named(String model) {
        try {
            return queues.find(new QueueName(model));
        } catch (Refused noName) {
            if (noName.reason() != Reason.INVALID) {
                throw noName;
            }
            return Optional.empty();
        }
    }

    private Optional<Queue> ofEndpoint(String endpoint, AllowedQueues allowed) {
        return queues.all().stream()
                .filter(queue -> queue.endpoint().equals(endpoint) && allowed.contains(queue.name()))
                .min(Comparator.comparing(Queue::number));
    }
}
