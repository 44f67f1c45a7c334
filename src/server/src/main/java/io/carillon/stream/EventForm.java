package io.carillon.stream;

import io.carillon.platform.json.RawJson;
import java.time.Duration;

/** How the pieces of a streamed answer look on the wire. Each method gives the bytes to send; none when it gives no bytes. */
public interface EventForm {
    /** Bella-Queue's: each piece is an event with the id and the name that the worker gave it. */
    EventForm NAMED = new NamedForm();

    /** As the worker's own upstream would have sent it; see {@link UpstreamForm}. */
    EventForm UPSTREAM = new UpstreamForm();

    /**
     * How long nothing may be sent before a comment is. It keeps proxies from closing the connection, and is how the server
     * learns that the client has gone.
     */
    default Duration patience() {
        return Duration.ofSeconds(15);
    }

    /** A piece that the worker sent. */
    byte[] piece(Progress progress);

    /** The whole answer of a worker that sent no pieces. */
    byte[] whole(RawJson body);

    /** What went wrong after the head of the answer was out: {@code {"error":{...}}}. */
    byte[] error(RawJson error);
}
