package io.carillon.dialect.openai.file;

import io.carillon.dialect.openai.BodyFields;
import io.carillon.dialect.openai.Invalid;
import io.carillon.dialect.openai.Transfer;
import io.carillon.file.Draft;
import io.carillon.file.FileLimits;
import io.carillon.file.Files;
import io.carillon.idempotency.IdempotencyKey;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import io.carillon.platform.http.MultipartForm;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import io.carillon.upload.NewUpload;
import io.carillon.upload.Upload;
import io.carillon.upload.Uploads;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** OpenAI's Uploads API: a large file in parts. Contract: openai-batch 8. */
@Path("v1/uploads")
@ApplicationScoped
@AllowedRoles(Role.PRODUCER)
public class UploadsResource {
    private static final int BUFFER = 64 * 1024;

    @Inject
    Uploads uploads;

    @Inject
    Files files;

    @Inject
    Once once;

    @Inject
    Configuration configuration;

    @POST
    public Response create(
            JsonBody body, @HeaderParam(IdempotencyKey.HEADER) List<String> keys, @Context SecurityContext security) {
        String owner = Caller.of(security).keyId();
        String newId = Uploads.newId();
        NewUpload wanted = UploadRequest.of(body, configuration.jsonDepth(), files.limits(), newId, owner);
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes("POST /v1/uploads\n".getBytes(StandardCharsets.UTF_8));
        request.writeBytes(body.bytes());
        Upload upload = once.make(
                owner,
                keys,
                request.toByteArray(),
                newId,
                id -> Optional.of(uploads.get(id, owner)),
                id -> uploads.create(wanted.withId(id)));
        return json(UploadAnswer.begun(upload));
    }

    @POST
    @Path("{id}/parts")
    @Transfer
    public Response add(
            @PathParam("id") String id,
            InputStream body,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) String contentType,
            @Context SecurityContext security) {
        String owner = Caller.of(security).keyId();
        FileLimits limits = files.limits();
        try (Draft draft = files.draft()) {
            boolean[] came = new boolean[1];
            MultipartForm.read(contentType, body, limits.part(), part -> {
                if (came[0] || !part.name().equals("data")) {
                    throw Invalid.unknown(part.name());
                }
                came[0] = true;
                // before the first byte, so that nothing is stored for an upload that is over
                uploads.pending(id, owner);
                take(part.bytes(), draft, limits.part());
            });
            if (!came[0]) {
                throw new Refused(Reason.INVALID, "'data' is a required property");
            }
            return json(PartAnswer.of(uploads.add(id, owner, draft)));
        }
    }

    private static void take(InputStream bytes, Draft draft, long most) throws IOException {
        byte[] buffer = new byte[BUFFER];
        for (int read = bytes.read(buffer); read >= 0; read = bytes.read(buffer)) {
            if (draft.bytes() + read > most) {
                throw new Refused(
                        Reason.INVALID,
                        "The part in 'data' is too large. A part may have at most " + most + " bytes.",
                        "data");
            }
            draft.write(buffer, 0, read);
        }
    }

    @POST
    @Path("{id}/complete")
    public Response complete(@PathParam("id") String id, JsonBody body, @Context SecurityContext security) {
        String owner = Caller.of(security).keyId();
        uploads.get(id, owner);
        BodyFields fields = BodyFields.of(body, configuration.jsonDepth());
        List<String> parts = fields.texts("part_ids");
        Optional<String> md5 = fields.optionalText("md5");
        fields.end();
        Uploads.Completed completed = uploads.complete(id, owner, parts, md5);
        return json(UploadAnswer.of(completed.upload(), FileAnswer.of(completed.file())));
    }

    /** The call has no body, and the clients send no {@code Content-Type}. */
    @POST
    @Path("{id}/cancel")
    public Response cancel(@PathParam("id") String id, @Context SecurityContext security) {
        return json(UploadAnswer.of(uploads.cancel(id, Caller.of(security).keyId()), null));
    }

    private static Response json(Object answer) {
        return Response.ok(answer, MediaType.APPLICATION_JSON_TYPE).build();
    }
}
