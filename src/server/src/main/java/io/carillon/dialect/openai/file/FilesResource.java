package io.carillon.dialect.openai.file;

import io.carillon.dialect.openai.Invalid;
import io.carillon.dialect.openai.ListAnswer;
import io.carillon.dialect.openai.ListQuery;
import io.carillon.dialect.openai.OpenAiErrors;
import io.carillon.dialect.openai.Transfer;
import io.carillon.file.FileId;
import io.carillon.file.Files;
import io.carillon.file.NewFile;
import io.carillon.file.Purpose;
import io.carillon.file.StoredFile;
import io.carillon.idempotency.IdempotencyKey;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.Problem;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
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
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * OpenAI's Files API. Each key sees its own files only. What it takes and produces is not declared: clients accept what they
 * like, and must be told what is wrong all the same. Contract: openai-batch 2.
 */
@Path("v1/files")
@ApplicationScoped
@AllowedRoles(Role.PRODUCER)
public class FilesResource {
    private static final int MOST_LIMIT = 10_000;
    private static final int BUFFER = 64 * 1024;

    @Inject
    Files files;

    @Inject
    Once once;

    @Inject
    OpenAiErrors errors;

    @POST
    @Transfer
    public Response create(
            InputStream body,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) String contentType,
            @HeaderParam(IdempotencyKey.HEADER) List<String> keys,
            @Context SecurityContext security) {
        String owner = Caller.of(security).keyId();
        try (FileForm form = FileForm.read(contentType, body, files)) {
            Optional<Duration> life = form.life();
            form.draft().seal();
            String request = "POST /v1/files\n" + form.purpose().text() + "\n" + life + "\n"
                    + form.draft().sha256Text() + "\n" + form.name();
            StoredFile file = once.make(
                    owner,
                    keys,
                    request.getBytes(StandardCharsets.UTF_8),
                    FileId.random().text(),
                    id -> files.find(new FileId(id), owner),
                    id -> files.keep(
                            form.draft(), new NewFile(new FileId(id), owner, form.purpose(), form.name(), life)));
            return json(FileAnswer.of(file));
        }
    }

    /** @param purpose exactly this; of one that does not exist there are no files */
    @GET
    public Response list(
            @QueryParam("purpose") String purpose,
            @QueryParam("limit") String limit,
            @QueryParam("order") String order,
            @QueryParam("after") String after,
            @Context SecurityContext security) {
        ListQuery query = ListQuery.of(limit, order, after, MOST_LIMIT, MOST_LIMIT);
        Optional<FileId> last = query.after().map(id -> FileId.parse(id)
                .orElseThrow(
                        () -> Invalid.of("invalid_value", "after", "Invalid 'after': there is no file of this id.")));
        Optional<Purpose> only = Optional.ofNullable(purpose).flatMap(Purpose::of);
        List<StoredFile> found = purpose != null && only.isEmpty()
                ? List.of()
                : files.list(Caller.of(security).keyId(), only, query.ascending(), last, query.limit() + 1);
        return json(ListAnswer.of(found, query.limit(), FileAnswer::of, FileAnswer::id));
    }

    @GET
    @Path("{id}")
    public Response retrieve(@PathParam("id") String id, @Context SecurityContext security) {
        return json(FileAnswer.of(find(id, security)));
    }

    @DELETE
    @Path("{id}")
    public Response delete(@PathParam("id") String id, @Context SecurityContext security) {
        FileId file = FileId.parse(id).orElseThrow(() -> unknown(id));
        if (!files.delete(file, Caller.of(security).keyId())) {
            throw unknown(id);
        }
        return json(new DeletedAnswer(file.text(), "file", true));
    }

    /** @param condition the entity tag that the range is of; for another one all is sent */
    @GET
    @Path("{id}/content")
    @Transfer
    public Response content(
            @PathParam("id") String id,
            @HeaderParam("Range") String range,
            @HeaderParam("If-Range") String condition,
            @Context SecurityContext security) {
        StoredFile file = find(id, security);
        ByteRange part;
        boolean partial;
        try {
            Optional<ByteRange> asked = condition == null || condition.equals(tag(file))
                    ? ByteRange.of(range, file.bytes())
                    : Optional.empty();
            partial = asked.isPresent();
            part = asked.orElseGet(() -> new ByteRange(0, file.bytes() - 1, file.bytes()));
        } catch (ByteRange.NotThere notThere) {
            return notSatisfiable(file);
        }
        InputStream bytes = files.open(file, part.from());
        StreamingOutput all = out -> copy(bytes, part.length(), out);
        Response.ResponseBuilder response = described(file, part.length()).entity(all);
        return partial
                ? response.status(Response.Status.PARTIAL_CONTENT)
                        .header("Content-Range", part.text())
                        .build()
                : response.build();
    }

    @HEAD
    @Path("{id}/content")
    public Response contentHead(@PathParam("id") String id, @Context SecurityContext security) {
        StoredFile file = find(id, security);
        return described(file, file.bytes()).build();
    }

    private static Response.ResponseBuilder described(StoredFile file, long length) {
        return Response.ok()
                .type(MediaType.APPLICATION_OCTET_STREAM_TYPE)
                .header(HttpHeaders.CONTENT_LENGTH, length)
                .header(HttpHeaders.CONTENT_DISPOSITION, FileName.disposition(file.name()))
                .header("Accept-Ranges", "bytes")
                .header(HttpHeaders.ETAG, tag(file));
    }

    private static String tag(StoredFile file) {
        return '"' + file.sha256() + '"';
    }

    private Response notSatisfiable(StoredFile file) {
        return errors.answer(new Problem(
                        Optional.empty(),
                        Response.Status.REQUESTED_RANGE_NOT_SATISFIABLE.getStatusCode(),
                        "The file has " + file.bytes() + " bytes, none of which are in the Range asked for",
                        Optional.empty(),
                        Optional.of("Range"),
                        Map.of("Content-Range", "bytes */" + file.bytes())))
                .response();
    }

    private static void copy(InputStream bytes, long length, OutputStream out) throws IOException {
        try (bytes) {
            byte[] buffer = new byte[BUFFER];
            long left = length;
            while (left > 0) {
                int read = bytes.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (read < 0) {
                    throw new EOFException("The store has fewer bytes than the file");
                }
                out.write(buffer, 0, read);
                left -= read;
            }
        }
    }

    private StoredFile find(String id, SecurityContext security) {
        return FileId.parse(id)
                .flatMap(file -> files.find(file, Caller.of(security).keyId()))
                .orElseThrow(() -> unknown(id));
    }

    private static Refused unknown(String id) {
        String shown = id.length() > 80 ? id.substring(0, 80) + "..." : id;
        return new Refused(Reason.UNKNOWN, "No such File object: " + shown.replaceAll("\\p{Cntrl}", "?"), "id");
    }

    private static Response json(Object answer) {
        return Response.ok(answer, MediaType.APPLICATION_JSON_TYPE).build();
    }
}
