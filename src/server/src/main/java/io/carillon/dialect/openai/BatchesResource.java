package io.carillon.dialect.openai;

import io.carillon.batch.Batch;
import io.carillon.batch.Batches;
import io.carillon.batch.NewBatch;
import io.carillon.idempotency.IdempotencyKey;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.JsonBody;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * OpenAI's Batch API, and beside it results so far, retry, pause and resume. What it produces is not declared: clients accept
 * what they like, and must be told what is wrong all the same. Contract: openai-batch 3 and 9.
 */
@Path("v1/batches")
@ApplicationScoped
@AllowedRoles(Role.PRODUCER)
public class BatchesResource {
    private static final int USUAL_LIMIT = 20;
    private static final int MOST_LIMIT = 100;
    private static final String QUEUE = "X-BELLA-QUEUE-NAME";
    private static final String WEBHOOK = "X-Webhook-Url";

    @Inject
    Batches batches;

    @Inject
    Configuration configuration;

    @Context
    HttpHeaders headers;

    @POST
    public Response create(
            JsonBody body,
            @HeaderParam(QUEUE) String queue,
            @HeaderParam(WEBHOOK) String webhook,
            @HeaderParam(IdempotencyKey.HEADER) List<String> keys,
            @Context SecurityContext security) {
        BatchTimes times = times();
        Caller caller = Caller.of(security);
        Optional<NewBatch.Once> once = once(caller, keys, body.bytes(), queue, webhook);
        NewBatch wanted = BatchRequest.of(body, configuration.jsonDepth(), caller.keyId(), queue, webhook, once);
        return json(BatchAnswer.created(batches.create(wanted, caller), times));
    }

    @GET
    public Response list(
            @QueryParam("limit") String limit, @QueryParam("after") String after, @Context SecurityContext security) {
        BatchTimes times = times();
        ListQuery query = ListQuery.of(limit, null, after, USUAL_LIMIT, MOST_LIMIT);
        List<Batch> found = batches.list(Caller.of(security), query.after(), query.limit() + 1);
        return json(ListAnswer.of(found, query.limit(), batch -> BatchAnswer.of(batch, times), BatchAnswer::id));
    }

    @GET
    @Path("{id}")
    public Response retrieve(@PathParam("id") String id, @Context SecurityContext security) {
        BatchTimes times = times();
        return answer(batches.get(id, Caller.of(security)), times);
    }

    /** The call has no body, and the clients send no {@code Content-Type}. */
    @POST
    @Path("{id}/cancel")
    public Response cancel(@PathParam("id") String id, @Context SecurityContext security) {
        BatchTimes times = times();
        return answer(batches.cancel(id, Caller.of(security)), times);
    }

    @POST
    @Path("{id}/pause")
    public Response pause(@PathParam("id") String id, @Context SecurityContext security) {
        BatchTimes times = times();
        return answer(batches.pause(id, Caller.of(security)), times);
    }

    @POST
    @Path("{id}/resume")
    public Response resume(@PathParam("id") String id, @Context SecurityContext security) {
        BatchTimes times = times();
        return answer(batches.resume(id, Caller.of(security)), times);
    }

    /** Runs the failed lines again, as a new batch, with which it answers. */
    @POST
    @Path("{id}/retry")
    public Response retry(
            @PathParam("id") String id,
            @HeaderParam(IdempotencyKey.HEADER) List<String> keys,
            @Context SecurityContext security) {
        BatchTimes times = times();
        Caller caller = Caller.of(security);
        byte[] request = ("retry " + id).getBytes(StandardCharsets.UTF_8);
        return answer(batches.retry(id, caller, once(caller, keys, request, null, null)), times);
    }

    /** The results that there are so far, each on a line as it will be in the output or error file. */
    @GET
    @Path("{id}/results")
    @Transfer
    public Response results(@PathParam("id") String id, @Context SecurityContext security) {
        Batch batch = batches.get(id, Caller.of(security));
        StreamingOutput lines = out -> batches.results(batch, out);
        return Response.ok(lines, "application/jsonl; charset=utf-8").build();
    }

    private static Optional<NewBatch.Once> once(
            Caller caller, List<String> keys, byte[] body, String queue, String webhook) {
        ByteArrayOutputStream request = new ByteArrayOutputStream(body.length + 64);
        request.writeBytes(body);
        request.writeBytes(("\n" + queue + "\n" + webhook).getBytes(StandardCharsets.UTF_8));
        return IdempotencyKey.of(caller.keyId(), keys, request.toByteArray())
                .map(key -> new NewBatch.Once(key.text(), key.request()));
    }

    /** Asked first, so that a request with a wrong header leaves no trace. */
    private BatchTimes times() {
        String unit = headers.getHeaderString(BatchTimes.HEADER);
        return BatchTimes.of(unit, configuration.batchTimesInMs() ? BatchTimes.MILLISECONDS : BatchTimes.SECONDS);
    }

    private static Response answer(Batch batch, BatchTimes times) {
        return json(BatchAnswer.of(batch, times));
    }

    private static Response json(Object content) {
        return Response.ok(content, MediaType.APPLICATION_JSON_TYPE).build();
    }
}
