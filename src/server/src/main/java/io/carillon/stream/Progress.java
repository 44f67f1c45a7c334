package io.carillon.stream;

import io.carillon.platform.json.RawJson;

/**
 * How far a worker is, or a piece of its answer.
 *
 * @param eventId its id, or null
 * @param eventName its name, or null
 * @param eventData any JSON of the user's, or null
 */
public record Progress(String eventId, String eventName, RawJson eventData) {

    /** As the task keeps it and those who watch the task see it. */
    RawJson json() {
        return json("event_id", "event_name", "event_data");
    }

    RawJson json(String id, String name, String data, String... more) {
        StringBuilder start = new StringBuilder("{");
        for (int i = 0; i < more.length; i += 2) {
            start.append(JsonText.quoted(more[i]))
                    .append(':')
                    .append(more[i + 1])
                    .append(',');
        }
        if (eventId != null) {
            start.append('"')
                    .append(id)
                    .append("\":")
                    .append(JsonText.quoted(eventId))
                    .append(',');
        }
        if (eventName != null) {
            start.append('"')
                    .append(name)
                    .append("\":")
                    .append(JsonText.quoted(eventName))
                    .append(',');
        }
        start.append('"').append(data).append("\":");
        return Pieces.join(start.toString(), eventData, "}");
    }

    Frame frame() {
        return new Frame(eventId, eventName, eventData);
    }
}
