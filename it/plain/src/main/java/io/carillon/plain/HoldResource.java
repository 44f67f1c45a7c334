package io.carillon.plain;

import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.MediaType;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Keeps its callers waiting. */
@Path("hold")
@Produces(MediaType.APPLICATION_JSON)
public class HoldResource {
    // A resource is made anew for each request.
    private static final Queue<AsyncResponse> HELD = new ConcurrentLinkedQueue<>();

    /** Answers when all are released. */
    @POST
    public void hold(byte[] body, @Suspended AsyncResponse response) {
        HELD.add(response);
    }

    /** How many wait. */
    @GET
    public int held() {
        return HELD.size();
    }

    /** Answers all that wait with what a worker would, and says how many there were. */
    @DELETE
    public int release() {
        int released = 0;
        for (AsyncResponse response = HELD.poll(); response != null; response = HELD.poll()) {
            response.resume("{\"released\":true}");
            released++;
        }
        return released;
    }
}
