package io.carillon.it;

import static io.carillon.it.support.OpenAiErrorAssert.assertOpenAiError;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.it.support.Answer;
import io.carillon.it.support.BatchCalls;
import io.carillon.it.support.Form;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds on all of OpenAI's paths: contract openai-batch 1. */
class OpenAiConventionsIT {
    private final Server a = Whole.a().withNewKey("producer");

    private static String id(Answer answer) {
        return answer.expect(200).json().required("id").textValue();
    }

    @Test
    void aTrailingSlashChangesNothing() {
        String file = id(Form.of("batch", "in.jsonl", BatchCalls.input(Whole.a().newQueue(), 1))
                .post(a, "/v1/files/"));
        String batch = id(a.post("/v1/batches/", BatchCalls.request(file)));
        a.post("/v1/batches/" + batch + "/cancel/").expect(200);

        for (String path : new String[] {"/v1/files", "/v1/files/" + file, "/v1/files/" + file + "/content"}) {
            assertThat(a.get(path + "/").expect(200).text())
                    .isEqualTo(a.get(path).expect(200).text());
        }
        a.get("/v1/models/").expect(200);
        assertThat(a.get("/v1/batches/").expect(200).json().required("first_id").textValue())
                .isEqualTo(batch);
        assertThat(id(a.get("/v1/batches/" + batch + "/"))).isEqualTo(batch);
        assertOpenAiError(a.post("/v1/uploads/", "{}"), 400, "missing_required_parameter", "filename");
    }

    @Test
    void headersThatTheClientsSendAreIgnored() {
        HttpRequest request = a.request("/v1/files?limit=1")
                .header("X-Stainless-Lang", "js")
                .header("X-Stainless-Retry-Count", "2")
                .header("X-Stainless-Read-Timeout", "600")
                .header("OpenAI-Organization", "org-other")
                .header("OpenAI-Project", "proj_other")
                .header("OpenAI-Beta", "assistants=v2")
                .header("X-Client-Request-Id", "client-1")
                .build();
        Answer answer = a.send(request).expect(200);

        assertThat(answer.text())
                .isEqualTo(a.get("/v1/files?limit=1").expect(200).text());
        assertThat(answer.header("x-request-id").orElse("")).matches("req_[0-9a-f]{32}");
        assertThat(answer.header("openai-organization").orElse("")).startsWith("ck_");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/batches", "/v1/uploads"})
    void aBodyThatIsNoJsonObjectIsRefused(String path) {
        for (String broken : new String[] {"", " ", "{", "{\"endpoint\":}", "{} {}", "no json"}) {
            assertOpenAiError(a.post(path, broken), 400, null, null);
        }
        for (String other : new String[] {"[]", "[{}]", "\"text\"", "7", "null", "true"}) {
            assertOpenAiError(a.post(path, other), 400, "invalid_type", null);
        }
        for (String type : new String[] {"text/plain", "application/x-www-form-urlencoded", "application/xml"}) {
            assertOpenAiError(
                    a.send(a.request(path)
                            .header("Content-Type", type)
                            .POST(BodyPublishers.ofString("{}"))
                            .build()),
                    415,
                    "unsupported_media_type",
                    null);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/files/a%0Ab, 404",
        "GET, /v1/files/%2e%2e%2f, 404",
        "GET, /v1/batches/a%20b, 404",
        "DELETE, /v1/files/%E4%BD%A0, 404",
        "GET, /v1/files/a;b=c, 404",
        "PUT, /v1/files, 405",
        "DELETE, /v1/batches/batch_x, 405",
        "GET, /v1/uploads, 405",
        "PATCH, /v1/uploads/upload_x, 404"
    })
    void whatTheContainerRefusesHasTheEnvelope(String method, String path, int status) {
        Answer answer =
                a.send(a.request(path).method(method, BodyPublishers.noBody()).build());

        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        String code = answer.json().at("/error/code").textValue();
        assertOpenAiError(answer, status, code, answer.json().at("/error/param").textValue());
    }
}
