package io.carillon.dialect.openai.file;

import io.carillon.dialect.openai.BodyFields;
import io.carillon.dialect.openai.Invalid;
import io.carillon.file.FileLimits;
import io.carillon.file.Purpose;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.JsonBody;
import io.carillon.upload.NewUpload;

/** The request that begins an upload (contract 8). */
final class UploadRequest {
    private static final int LONGEST_TYPE = 255;

    private UploadRequest() {}

    /** @throws Refused 400 */
    static NewUpload of(JsonBody body, int depth, FileLimits limits, String id, String owner) {
        BodyFields fields = BodyFields.of(body, depth);
        String name = fields.text("filename");
        String type = fields.text("mime_type");
        String word = fields.text("purpose");
        Purpose purpose = Purpose.of(word)
                .filter(Purpose::isUploaded)
                .orElseThrow(() -> Invalid.value(
                        "purpose",
                        word,
                        Purpose.uploads().stream().map(Purpose::text).toArray(String[]::new)));
        long bytes = fields.integer(
                "bytes", 1, purpose == Purpose.BATCH ? Math.min(limits.batch(), limits.upload()) : limits.upload());
        NewUpload upload =
                new NewUpload(id, owner, purpose, name(name), type(type), bytes, ExpiresAfter.of(fields, purpose));
        fields.end();
        return upload;
    }

    private static String name(String sent) {
        if (sent.isEmpty()) {
            throw Invalid.empty("filename");
        }
        return FileName.of(sent, "filename");
    }

    private static String type(String sent) {
        if (sent.length() > LONGEST_TYPE) {
            throw Invalid.tooLong("mime_type", LONGEST_TYPE, sent.length());
        }
        return sent;
    }
}
