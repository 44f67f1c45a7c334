package io.carillon.channel;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.Queue;
import io.carillon.queue.QueueDrains;
import io.carillon.queue.QueueName;
import io.carillon.queue.Queues;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Which queue serves a model: that of the model's channel, else the queue with the model's name, when it is registered for
 * the endpoint. Safe for many threads.
 */
public class ModelRoutes {
    private static final int CHANNELS_AT_ONCE = 1000;

    private final Channels channels;
    private final Queues queues;

    public ModelRoutes(Channels channels, Queues queues) {
        this.channels = channels;
        this.queues = queues;
    }

    /**
     * A model that somebody may use.
     *
     * @param created in ms since 1970
     */
    public record Model(String name, long created) {}

    /**
     * The queue for a request.
     *
     * @param endpoint such as {@code /v1/chat/completions}
     * @param mayUse which queues the caller's key allows
     * @return empty when no queue that the caller may use serves the model at this endpoint
     * @throws Refused {@link Reason#UNAVAILABLE}
     */
    public Optional<Queue> find(String endpoint, String model, Predicate<QueueName> mayUse) {
        return channels.find(model)
                .filter(channel -> channel.serves(endpoint))
                .map(Channel::queue)
                .flatMap(queues::find)
                .or(() -> named(model).filter(queue -> queue.endpoint().equals(endpoint)))
                .filter(queue -> mayUse.test(queue.name()));
    }

    private Optional<Queue> named(String model) {
        return QueueName.isValid(model) ? queues.find(new QueueName(model)) : Optional.empty();
    }

    /**
     * As {@link #find}, for a new task.
     *
     * @throws Refused ({@link Reason#UNKNOWN}, code {@code model_not_found}) when no queue serves it
     * @throws QueueDrains when the queue accepts no new tasks
     */
    public Queue open(String endpoint, String model, Predicate<QueueName> mayUse) {
        Queue queue = find(endpoint, model, mayUse).orElseThrow(() -> notFound(model, " at " + endpoint));
        return queues.open(queue.name());
    }

    /** That there is no such model, or the caller may not use it; in the words that OpenAI's clients know. */
    public static Refused notFound(String model, String more) {
        String shown = model.length() > 255 ? model.substring(0, 255) + "..." : model;
        return new Refused(
                Reason.UNKNOWN,
                "The model '" + shown + "' does not exist" + more + ", or you do not have access to it.",
                "model",
                null,
                "model_not_found");
    }

    /** The models that somebody may use, by name: those of channels, and queues that can be named as a model. */
    public List<Model> all(Predicate<QueueName> mayUse) {
        Map<String, Model> models = new TreeMap<>();
        for (Queue queue : queues.all()) {
            if (mayUse.test(queue.name())) {
                models.put(queue.name().text(), model(queue));
            }
        }
        List<Channel> page = channels.list(CHANNELS_AT_ONCE, null);
        List<Channel> channelsOfAll = new ArrayList<>(page);
        while (page.size() == CHANNELS_AT_ONCE) {
            page = channels.list(CHANNELS_AT_ONCE, page.get(page.size() - 1).model());
            channelsOfAll.addAll(page);
        }
        for (Channel channel : channelsOfAll) {
            if (mayUse.test(channel.queue()) && queues.find(channel.queue()).isPresent()) {
                models.put(channel.model(), model(channel));
            }
        }
        return models.values().stream()
                .sorted(Comparator.comparing(Model::name))
                .toList();
    }

    /** One of {@link #all}. */
    public Optional<Model> get(String name, Predicate<QueueName> mayUse) {
        return channels.find(name)
                .filter(channel -> mayUse.test(channel.queue())
                        && queues.find(channel.queue()).isPresent())
                .map(ModelRoutes::model)
                .or(() -> named(name).filter(queue -> mayUse.test(queue.name())).map(ModelRoutes::model));
    }

    private static Model model(Channel channel) {
        return new Model(channel.model(), channel.modified().toEpochMilli());
    }

    private static Model model(Queue queue) {
        return new Model(queue.name().text(), queue.createdAt());
    }
}
