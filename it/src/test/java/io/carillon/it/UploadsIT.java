package io.carillon.it;

import static io.carillon.it.support.OpenAiErrorAssert.assertOpenAiError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Form;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The Uploads API over HTTP (openai-batch 8): parts on both servers. */
class UploadsIT {
    private final Server a = Whole.a().withNewKey("producer");
    private final Server b = Whole.b().as(a.key());

    private static String request(String purpose, long bytes) {
        return "{\"bytes\":" + bytes + ",\"filename\":\"x.jsonl\",\"mime_type\":\"text/jsonl\",\"purpose\":\"" + purpose
                + "\"}";
    }

    private String begin(String purpose, long bytes) {
        return a.post("/v1/uploads", request(purpose, bytes))
                .expect(200)
                .json()
                .required("id")
                .textValue();
    }

    private static Answer add(Server server, String upload, String text) {
        return new Form()
                .file("data", "blob", text.getBytes(StandardCharsets.UTF_8))
                .post(server, "/v1/uploads/" + upload + "/parts");
    }

    private static String part(Server server, String upload, String text) {
        return add(server, upload, text).expect(200).json().required("id").textValue();
    }

    private Answer complete(String upload, String md5, String... parts) {
        return a.post(
                "/v1/uploads/" + upload + "/complete",
                "{\"part_ids\":" + Server.quoted(parts) + (md5 == null ? "" : ",\"md5\":\"" + md5 + "\"") + "}");
    }

    @Test
    void partsBecomeAFile() {
        Answer made = a.post(
                "/v1/uploads",
                request("batch", 12).replace("}", ",\"expires_after\":{\"anchor\":\"created_at\",\"seconds\":7200}}"));
        JsonNode upload = made.expect(200).json();
        assertThat(upload.fieldNames())
                .toIterable()
                .containsExactly(
                        "id", "object", "bytes", "created_at", "expires_at", "filename", "purpose", "status", "file");
        String id = upload.path("id").textValue();
        assertThat(id).matches("upload_[0-9a-f]{32}");
        assertThat(upload.path("expires_at").longValue())
                .isEqualTo(upload.path("created_at").longValue() + 3600);
        assertThat(upload.path("status").textValue()).isEqualTo("pending");
        assertThat(upload.path("file").isNull()).isTrue();
        String second = part(b, id, "{\"b\":2");
        Answer answer = add(a, id, "{\"a\"1");
        assertThat(answer.expect(200).json().path("object").textValue()).isEqualTo("upload.part");
        assertThat(answer.json().path("upload_id").textValue()).isEqualTo(id);
        String wrong = answer.json().path("id").textValue();
        assertThat(wrong).matches("part_[0-9a-f]{32}");
        String first = part(a, id, "[1,2]\n");

        JsonNode completed = complete(id, null, first, second).expect(200).json();
        assertThat(completed.path("status").textValue()).isEqualTo("completed");
        JsonNode file = completed.path("file");
        assertThat(file.path("expires_at").longValue())
                .isEqualTo(file.path("created_at").longValue() + 7200);
        assertThat(b.get("/v1/files/" + file.path("id").textValue() + "/content")
                        .expect(200)
                        .text())
                .isEqualTo("[1,2]\n{\"b\":2");
        assertThat(b.get("/v1/files/" + file.path("id").textValue()).expect(200).json())
                .isEqualTo(file);
        assertOpenAiError(complete(id, null, first, second), 400, "invalid_upload_status", null);
        assertOpenAiError(add(a, id, "x"), 400, "invalid_upload_status", null);
        assertOpenAiError(a.post("/v1/uploads/" + id + "/cancel"), 400, "invalid_upload_status", null);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "'{\"bytes\":1,\"filename\":\"x\",\"mime_type\":\"t\"}'|missing_required_parameter|purpose",
                "'{\"bytes\":1,\"filename\":\"x\",\"purpose\":\"evals\"}'|missing_required_parameter|mime_type",
                "'{\"bytes\":1,\"mime_type\":\"t\",\"purpose\":\"evals\"}'|missing_required_parameter|filename",
                "'{\"filename\":\"x\",\"mime_type\":\"t\",\"purpose\":\"evals\"}'|missing_required_parameter|bytes",
                "'{\"bytes\":\"1\",\"filename\":\"x\",\"mime_type\":\"t\",\"purpose\":\"evals\"}'|invalid_type|bytes",
                "'{\"bytes\":1,\"filename\":1,\"mime_type\":\"t\",\"purpose\":\"evals\"}'|invalid_type|filename",
                "'{\"bytes\":1,\"filename\":\"\",\"mime_type\":\"t\",\"purpose\":\"evals\"}'|string_below_min_length|filename",
                "'{\"bytes\":1,\"filename\":\"x\",\"mime_type\":\"t\",\"purpose\":\"batch_output\"}'|invalid_value|purpose",
                "'{\"bytes\":8589934593,\"filename\":\"x\",\"mime_type\":\"t\",\"purpose\":\"evals\"}'|integer_above_max_value|bytes",
                "'{\"bytes\":209715201,\"filename\":\"x\",\"mime_type\":\"t\",\"purpose\":\"batch\"}'|integer_above_max_value|bytes",
                "'{\"bytes\":0,\"filename\":\"x\",\"mime_type\":\"t\",\"purpose\":\"evals\"}'|integer_below_min_value|bytes",
                "'{\"bytes\":1,\"filename\":\"x\",\"mime_type\":\"t\",\"purpose\":\"evals\",\"z\":1}'|unknown_parameter|z",
                "'{\"bytes\":1,\"filename\":\"x\",\"mime_type\":\"t\",\"purpose\":\"evals\",\"expires_after\":{\"seconds\":3600}}'"
                        + "|missing_required_parameter|expires_after.anchor",
                "'[]'|invalid_type|-",
                "'{'|-|-"
            })
    void badUploadIsRefused(String body, String code, String param) {
        assertOpenAiError(a.post("/v1/uploads", body), 400, code, param);
    }

    @Test
    void completionThatDoesNotFitIsRefused() {
        String id = begin("batch", 6);
        String bad = part(a, id, "a,b,c\n");
        String good = part(a, id, "{}\n{}\n");
        String brief = part(a, id, "{}");

        assertOpenAiError(complete(id, null), 400, "invalid_value", "part_ids");
        assertOpenAiError(complete(id, null, good, good), 400, "invalid_value", "part_ids");
        assertOpenAiError(complete(id, null, "part_x"), 400, "invalid_value", "part_ids");
        assertOpenAiError(complete(id, null, brief), 400, "upload_size_mismatch", "bytes");
        assertOpenAiError(complete(id, "00", good), 400, "invalid_checksum", "md5");
        assertOpenAiError(complete(id, null, bad), 400, null, null);
        assertOpenAiError(
                a.post("/v1/uploads/" + id + "/complete", "{}"), 400, "missing_required_parameter", "part_ids");
        complete(id, "CEE4C523A79B07B56BAF8C075EC77DA5", good).expect(200);
    }

    @Test
    void badPartIsRefused() {
        String id = begin("evals", 6);

        assertOpenAiError(
                new Form().text("note", "x").post(a, "/v1/uploads/" + id + "/parts"), 400, "unknown_parameter", "note");
        assertOpenAiError(a.post("/v1/uploads/" + id + "/parts", "{}"), 400, null, null);
        assertOpenAiError(
                new Form().file("data", "x", new byte[(64 << 20) + 1]).post(a, "/v1/uploads/" + id + "/parts"),
                400,
                null,
                "data");
        String unknown = "/v1/uploads/upload_" + "0".repeat(32);
        assertOpenAiError(new Form().file("data", "x", new byte[1]).post(a, unknown + "/parts"), 404, null, null);
        assertOpenAiError(a.post(unknown + "/complete", "{\"part_ids\":[\"x\"]}"), 404, null, null);
        assertOpenAiError(a.post(unknown + "/cancel"), 404, null, null);
        Server other = Whole.a().withNewKey("producer");
        assertOpenAiError(other.post("/v1/uploads/" + id + "/cancel"), 404, null, null);
    }

    /** Forms, some broken, that bring no bytes. */
    static Stream<Form> formsWithoutAPart() {
        return Stream.of(
                new Form(),
                new Form().raw("Content-Disposition: form-data\r\n\r\nno name"),
                new Form().raw("Content-Disposition: form-data; filename=\"data\"\r\n\r\nonly the name of a file"),
                new Form().raw("Content-Type: text/plain\r\n\r\nno disposition"));
    }

    @ParameterizedTest
    @MethodSource("formsWithoutAPart")
    void formWithoutAPartIsRefused(Form form) {
        String id = begin("evals", 6);

        Answer answer = form.post(a, "/v1/uploads/" + id + "/parts");

        assertOpenAiError(answer, 400, null, null);
        complete(id, null, part(a, id, "abcdef")).expect(200);
    }

    @Test
    void cancelledUploadTakesNothingMore() {
        String id = begin("evals", 3);
        String part = part(a, id, "abc");

        for (int time = 0; time < 2; time++) {
            assertThat(b.post("/v1/uploads/" + id + "/cancel")
                            .expect(200)
                            .json()
                            .path("status")
                            .textValue())
                    .isEqualTo("cancelled");
        }
        assertOpenAiError(add(a, id, "abc"), 400, "invalid_upload_status", null);
        assertOpenAiError(complete(id, null, part), 400, "invalid_upload_status", null);
    }

    @Test
    void repeatedCreateWithAKeyGetsTheFirstAnswerAgain() {
        String key = UUID.randomUUID().toString();
        JsonNode first = keyed(a, key, request("evals", 3)).expect(200).json();

        assertThat(keyed(b, key, request("evals", 3)).expect(200).json()).isEqualTo(first);
        String id = first.required("id").textValue();
        assertThat(complete(id, null, part(a, id, "abc"))
                        .expect(200)
                        .json()
                        .at("/file/id")
                        .textValue())
                .startsWith("file-");
        assertThat(keyed(a, key, request("evals", 3)).expect(200).json()).isEqualTo(first);
        assertOpenAiError(keyed(a, key, request("evals", 4)), 409, "idempotency_key_reused", "Idempotency-Key");
    }

    private static Answer keyed(Server server, String key, String body) {
        return server.send(server.request("/v1/uploads")
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString(body))
                .build());
    }
}
