package io.carillon.it;

import static io.carillon.it.support.OpenAiErrorAssert.assertOpenAiError;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Form;
import io.carillon.it.support.RawConnection;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The Files API over HTTP (openai-batch 2): made on one server, read on the other. */
class FilesIT {
    private static final String LINE = "{\"custom_id\":\"a\"}\n";

    private final Server a = Whole.a().withNewKey("producer");
    private final Server b = Whole.b().as(a.key());

    private static String id(Answer answer) {
        return answer.expect(200).json().required("id").textValue();
    }

    private String made(String text) {
        return id(Form.of("user_data", "f.txt", text).post(a, "/v1/files"));
    }

    @Test
    void fileIsWhatWasUploaded() {
        Answer made = new Form()
                .file("file", "dir\\sub/ein Döner 漢.jsonl", LINE.getBytes(StandardCharsets.UTF_8))
                .raw("content-disposition: form-data; name=purpose\r\nContent-Type: text/plain\r\n\r\nbatch")
                .post(a, "/v1/files");

        JsonNode file = made.expect(200).json();
        assertThat(file.fieldNames())
                .toIterable()
                .containsExactly(
                        "id",
                        "object",
                        "bytes",
                        "created_at",
                        "expires_at",
                        "filename",
                        "purpose",
                        "status",
                        "status_details");
        assertThat(id(made)).matches("file-[0-9A-Za-z]{22}");
        assertThat(file.path("object").textValue()).isEqualTo("file");
        assertThat(file.path("bytes").intValue()).isEqualTo(LINE.length());
        assertThat(file.path("created_at").longValue())
                .isBetween(System.currentTimeMillis() / 1000 - 60, System.currentTimeMillis() / 1000 + 60);
        assertThat(file.path("expires_at").longValue())
                .isEqualTo(file.path("created_at").longValue() + 2_592_000);
        assertThat(file.path("filename").textValue()).isEqualTo("ein Döner 漢.jsonl");
        assertThat(file.path("purpose").textValue()).isEqualTo("batch");
        assertThat(file.path("status").textValue()).isEqualTo("processed");
        assertThat(file.path("status_details").isNull()).isTrue();
        assertThat(made.header("x-request-id").orElseThrow()).matches("req_[0-9a-f]{32}");

        assertThat(b.get("/v1/files/" + id(made)).expect(200).json()).isEqualTo(file);
        Answer content = b.send(b.request("/v1/files/" + id(made) + "/content")
                .header("Accept", "application/binary")
                .build());
        assertThat(content.expect(200).text()).isEqualTo(LINE);
        assertThat(content.header("Content-Type")).contains("application/octet-stream");
        assertThat(content.header("Content-Length")).contains("" + LINE.length());
        assertThat(content.header("Content-Disposition").orElseThrow())
                .isEqualTo("attachment; filename=\"ein D_ner _.jsonl\";"
                        + " filename*=UTF-8''ein%20D%C3%B6ner%20%E6%BC%A2.jsonl");
    }

    @Test
    void chunkedUploadNeedsNoLength() {
        Form form = Form.of("user_data", "x", "x".repeat(300_000));
        Answer made = a.send(a.request("/v1/files")
                .header("Content-Type", Form.type())
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(form.bytes())))
                .build());

        assertThat(made.expect(200).json().path("bytes").intValue()).isEqualTo(300_000);
        assertThat(made.json().path("expires_at").isNull()).isTrue();
    }

    @Test
    void expiryIsCountedFromCreation() {
        JsonNode file = Form.of("user_data", "x", "")
                .text("expires_after[seconds]", "3600")
                .text("expires_after[anchor]", "created_at")
                .post(a, "/v1/files")
                .expect(200)
                .json();

        assertThat(file.path("expires_at").longValue())
                .isEqualTo(file.path("created_at").longValue() + 3600);
        assertThat(file.path("bytes").intValue()).isZero();
        assertThat(b.get("/v1/files/" + file.path("id").textValue() + "/content")
                        .expect(200)
                        .bytes())
                .isEmpty();
    }

    static Stream<Arguments> badForms() {
        Form batchOf = Form.of("batch", "x.jsonl", "");
        return Stream.of(
                Arguments.of(
                        "no file", new Form().text("purpose", "batch"), null, null, "'file' is a required property"),
                Arguments.of(
                        "a file without a file name",
                        new Form().text("purpose", "batch").text("file", LINE),
                        null,
                        null,
                        "'file' is a required property"),
                Arguments.of(
                        "no purpose",
                        new Form().file("file", "x", new byte[5]),
                        null,
                        null,
                        "'purpose' is a required property"),
                Arguments.of("another purpose", Form.of("games", "x", LINE), null, null, "'games' is not one of"),
                Arguments.of("an output", Form.of("batch_output", "x", LINE), null, null, "- 'purpose'"),
                Arguments.of("an empty batch", batchOf, null, null, "Invalid file format for Batch API"),
                Arguments.of("a blank batch", Form.of("batch", "x.jsonl", " \n\n"), null, null, "Must be .jsonl"),
                Arguments.of(
                        "no JSON lines", Form.of("batch", "x.jsonl", "a,b\n" + LINE), null, null, "Must be .jsonl"),
                Arguments.of(
                        "no anchor",
                        Form.of("vision", "x", "x").text("expires_after[seconds]", "3600"),
                        "missing_required_parameter",
                        "expires_after.anchor",
                        ""),
                Arguments.of(
                        "no seconds",
                        Form.of("vision", "x", "x").text("expires_after[anchor]", "created_at"),
                        "missing_required_parameter",
                        "expires_after.seconds",
                        ""),
                Arguments.of(
                        "another anchor",
                        expiring("last_active_at", "3600"),
                        "invalid_value",
                        "expires_after.anchor",
                        "last_active_at"),
                Arguments.of(
                        "too short",
                        expiring("created_at", "3599"),
                        "integer_below_min_value",
                        "expires_after.seconds",
                        ""),
                Arguments.of(
                        "too long",
                        expiring("created_at", "2592001"),
                        "integer_above_max_value",
                        "expires_after.seconds",
                        "2592001"),
                Arguments.of("no number", expiring("created_at", "soon"), "invalid_type", "expires_after.seconds", ""),
                Arguments.of(
                        "an unknown part",
                        Form.of("vision", "x", "x").text("color", "red"),
                        "unknown_parameter",
                        "color",
                        "color"),
                Arguments.of(
                        "two files",
                        Form.of("vision", "x", "x").file("file", "y", new byte[1]),
                        null,
                        "file",
                        "twice"));
    }

    private static Form expiring(String anchor, String seconds) {
        return Form.of("vision", "x", "x")
                .text("expires_after[anchor]", anchor)
                .text("expires_after[seconds]", seconds);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badForms")
    void badFormIsRefusedAndLeavesNothing(String name, Form form, String code, String param, String message) {
        Answer refused = form.post(a, "/v1/files");

        assertOpenAiError(refused, 400, code, param);
        assertThat(refused.json().path("error").path("message").textValue()).contains(message);
        assertThat(a.get("/v1/files").expect(200).json().path("data")).isEmpty();
    }

    @Test
    void whatIsNoFormIsRefused() {
        assertOpenAiError(a.post("/v1/files", "{\"purpose\":\"batch\"}"), 400, null, null);
        assertOpenAiError(a.post("/v1/files"), 400, null, null);
        assertOpenAiError(
                a.send(a.request("/v1/files")
                        .header("Content-Type", "multipart/form-data")
                        .POST(BodyPublishers.ofString("x"))
                        .build()),
                400,
                null,
                null);
        assertOpenAiError(
                a.send(a.request("/v1/files")
                        .header("Content-Type", Form.type())
                        .POST(BodyPublishers.ofString("--a-boundary-0123456789\r\nContent-Disposition: form-data;"
                                + " name=\"file\"; filename=\"x\"\r\n\r\nbroken of"))
                        .build()),
                400,
                null,
                null);
        assertOpenAiError(Form.of("vision", "x", "x").post(a.as(null), "/v1/files"), 401, null, null);
        assertOpenAiError(
                Form.of("vision", "x", "x").post(Whole.a().withNewKey("worker"), "/v1/files"),
                403,
                "insufficient_permissions",
                null);
    }

    @Test
    void uploadThatBreaksOffLeavesNothing() {
        try (RawConnection client = new RawConnection(a, 0)) {
            client.write("POST /v1/files HTTP/1.1\r\nHost: " + a.address() + "\r\nAuthorization: Bearer " + a.key()
                    + "\r\nContent-Type: " + Form.type() + "\r\nContent-Length: 1000000\r\n\r\n"
                    + "--a-boundary-0123456789\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"
                    + "x".repeat(100_000));
        }

        assertThat(a.get("/v1/files").expect(200).json().path("data")).isEmpty();
    }

    @Test
    void onlyItsOwnerSeesAFile() {
        String id = made("secret");
        Server other = Whole.a().withNewKey("producer");

        for (String path : List.of("/v1/files/" + id, "/v1/files/" + id + "/content")) {
            assertOpenAiError(other.get(path), 404, null, "id");
        }
        assertOpenAiError(other.delete("/v1/files/" + id), 404, null, "id");
        assertThat(other.get("/v1/files").expect(200).json().path("data")).isEmpty();
        assertThat(b.get("/v1/files/" + id).status()).isEqualTo(200);
    }

    @Test
    void deletedFileIsGone() {
        String id = made("x");

        assertThat(b.delete("/v1/files/" + id).expect(200).text())
                .isEqualTo("{\"id\":\"" + id + "\",\"object\":\"file\",\"deleted\":true}");
        assertOpenAiError(a.delete("/v1/files/" + id), 404, null, "id");
        assertOpenAiError(a.get("/v1/files/" + id), 404, null, "id");
        assertOpenAiError(a.get("/v1/files/" + id + "/content"), 404, null, "id");
        assertOpenAiError(a.get("/v1/files/file-none"), 404, null, "id");
        assertOpenAiError(a.get("/v1/files/%C3%A4%20%22"), 404, null, "id");
    }

    @Test
    void pagesHaveAllFilesOnce() {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.add(id(Form.of(i == 2 ? "vision" : "evals", "x", "" + i).post(i % 2 == 0 ? a : b, "/v1/files")));
        }

        JsonNode first = a.get("/v1/files?limit=2&order=asc").expect(200).json();
        assertThat(first.path("object").textValue()).isEqualTo("list");
        assertThat(ids(first)).containsExactly(ids.get(0), ids.get(1));
        assertThat(first.path("first_id").textValue()).isEqualTo(ids.get(0));
        assertThat(first.path("last_id").textValue()).isEqualTo(ids.get(1));
        assertThat(first.path("has_more").booleanValue()).isTrue();
        JsonNode last = a.get("/v1/files?limit=3&order=asc&after=" + ids.get(1))
                .expect(200)
                .json();
        assertThat(ids(last)).containsExactly(ids.get(2), ids.get(3), ids.get(4));
        assertThat(last.path("has_more").booleanValue()).isFalse();
        assertThat(ids(a.get("/v1/files").json()))
                .containsExactly(ids.get(4), ids.get(3), ids.get(2), ids.get(1), ids.get(0));
        assertThat(ids(a.get("/v1/files?purpose=vision").json())).containsExactly(ids.get(2));
        assertThat(a.get("/v1/files?purpose=none").expect(200).text())
                .isEqualTo("{\"object\":\"list\",\"data\":[],\"first_id\":null,\"last_id\":null,\"has_more\":false}");
    }

    private static List<String> ids(JsonNode page) {
        List<String> ids = new ArrayList<>();
        page.path("data").forEach(file -> ids.add(file.path("id").textValue()));
        return ids;
    }

    @ParameterizedTest
    @CsvSource({
        "limit=0, integer_below_min_value, limit",
        "limit=10001, integer_above_max_value, limit",
        "limit=ten, invalid_type, limit",
        "order=up, invalid_value, order",
        "after=file-none, invalid_value, after",
        "after=%22, invalid_value, after"
    })
    void badQueryIsRefused(String query, String code, String param) {
        assertOpenAiError(a.get("/v1/files?" + query), 400, code, param);
    }

    @ParameterizedTest
    @CsvSource({
        "bytes=0-3, 0123, bytes 0-3/10",
        "bytes=4-, 456789, bytes 4-9/10",
        "bytes=-2, 89, bytes 8-9/10",
        "bytes=8-100, 89, bytes 8-9/10"
    })
    void rangeIsAPartOfTheBytes(String range, String text, String said) {
        Answer part = ranged(made("0123456789"), range);

        assertThat(part.expect(206).text()).isEqualTo(text);
        assertThat(part.header("Content-Range")).contains(said);
        assertThat(part.header("Content-Length")).contains("" + text.length());
    }

    @Test
    void rangesThatCannotBe() {
        String id = made("0123456789");

        assertThat(ranged(id, "bytes=0-1,4-5").expect(200).text()).isEqualTo("0123456789");
        Answer behind = ranged(id, "bytes=10-");
        assertOpenAiError(behind, 416, null, "Range");
        assertThat(behind.header("Content-Range")).contains("bytes */10");
        String tag = a.get("/v1/files/" + id + "/content").header("ETag").orElseThrow();
        assertThat(b.send(b.request("/v1/files/" + id + "/content")
                                .header("Range", "bytes=5-")
                                .header("If-Range", tag)
                                .build())
                        .status())
                .isEqualTo(206);
        assertThat(b.send(b.request("/v1/files/" + id + "/content")
                                .header("Range", "bytes=5-")
                                .header("If-Range", "\"another\"")
                                .build())
                        .status())
                .isEqualTo(200);
        Answer head = b.send(b.request("/v1/files/" + id + "/content")
                .method("HEAD", BodyPublishers.noBody())
                .build());
        assertThat(head.expect(200).header("ETag")).contains(tag);
    }

    private Answer ranged(String id, String range) {
        return b.send(
                b.request("/v1/files/" + id + "/content").header("Range", range).build());
    }

    @Test
    void repeatedUploadWithAKeyIsOneFile() {
        String key = UUID.randomUUID().toString();
        String id = id(Form.of("evals", "x", "one").post(a, "/v1/files", "Idempotency-Key", key));

        assertThat(id(Form.of("evals", "x", "one").post(b, "/v1/files", "Idempotency-Key", key)))
                .isEqualTo(id);
        Answer other = Form.of("evals", "x", "two").post(b, "/v1/files", "Idempotency-Key", key);
        assertOpenAiError(other, 409, "idempotency_key_reused", "Idempotency-Key");
        assertThat(other.header("x-should-retry")).contains("false");
        assertThat(ids(a.get("/v1/files").json())).containsExactly(id);
    }

    @Test
    void quotaOfBytesHoldsUntilSomethingIsDeleted() {
        Answer made = Whole.a()
                .post("/v1/keys", "{\"name\":\"it\",\"roles\":[\"producer\"],\"quotas\":{\"stored_bytes\":10}}")
                .expect(201);
        Server small = a.as(made.json().required("key").textValue());
        String id = id(Form.of("evals", "x", "123456").post(small, "/v1/files"));

        assertOpenAiError(Form.of("evals", "x", "12345").post(small, "/v1/files"), 400, "storage_quota_exceeded", null);
        small.delete("/v1/files/" + id).expect(200);
        id(Form.of("evals", "x", "1234567890").post(small, "/v1/files"));
    }

    @Test
    void wrongMethodIsRefusedInOpenAisShape() {
        assertOpenAiError(a.put("/v1/files", "{}"), 405, "method_not_supported", null);
        assertOpenAiError(a.get("/v1/files/x/y"), 404, "unknown_url", null);
    }
}
