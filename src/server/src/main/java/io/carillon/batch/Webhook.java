package io.carillon.batch;

import io.carillon.callback.Callbacks;
import io.carillon.callback.OwedCallback;
import io.carillon.platform.json.Json;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The event that a batch has ended, for the address that its request named, in OpenAI's format. It is owed in the transaction
 * that ends the batch, delivered and signed as callbacks are, and its id is the value of {@code webhook-id}. Contract:
 * openai-batch 9.
 */
class Webhook {
    private final Callbacks callbacks;
    private final Clock clock;

    Webhook(Callbacks callbacks, Clock clock) {
        this.callbacks = callbacks;
        this.clock = clock;
    }

    /** Writes the event in the transaction that ends the batch; {@link #wake} after its commit. */
    void owe(Connection connection, Batch batch, BatchState end) throws SQLException {
        if (batch.webhookUrl() == null) {
            return;
        }
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("object", "event");
        event.put("id", batch.id().event());
        event.put("type", "batch." + end.word());
        event.put("created_at", clock.instant().getEpochSecond());
        event.put("data", Map.of("id", batch.id().text()));
        callbacks.owe(
                connection,
                List.of(new OwedCallback(
                        batch.id().event(), batch.owner(), batch.webhookUrl(), Json.bytes(event), null)));
    }

    void wake(Batch batch) {
        if (batch.webhookUrl() != null) {
            callbacks.wake();
        }
    }
}
