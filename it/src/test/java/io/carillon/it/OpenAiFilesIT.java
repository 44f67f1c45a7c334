package io.carillon.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.MultipartField;
import com.openai.core.http.HttpResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileListParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import com.openai.models.uploads.Upload;
import com.openai.models.uploads.UploadCompleteParams;
import com.openai.models.uploads.UploadCreateParams;
import com.openai.models.uploads.parts.PartCreateParams;
import io.carillon.it.support.Server;
import io.carillon.it.support.Whole;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files and uploads with OpenAI's own client, unchanged. */
class OpenAiFilesIT {
    private final Server server = Whole.a().withNewKey("producer");
    private final OpenAIClient client = OpenAIOkHttpClient.builder()
            .baseUrl(server.url() + "v1")
            .apiKey(server.key())
            .build();

    @TempDir
    Path directory;

    @Test
    void filesGoTheWholeRound() throws IOException {
        Path input = Files.writeString(directory.resolve("in.jsonl"), "{\"custom_id\":\"ä\"}\n");
        FileObject made = client.files()
                .create(FileCreateParams.builder()
                        .file(input)
                        .purpose(FilePurpose.BATCH)
                        .expiresAfter(FileCreateParams.ExpiresAfter.builder()
                                .seconds(3600)
                                .build())
                        .build());
        assertThat(made.filename()).isEqualTo("in.jsonl");
        assertThat(made.expiresAt()).contains(made.createdAt() + 3600);
        FileObject streamed = client.files()
                .create(FileCreateParams.builder()
                        .file(MultipartField.<InputStream>builder()
                                .value(new ByteArrayInputStream("hello".getBytes(StandardCharsets.UTF_8)))
                                .filename("grüße.txt")
                                .build())
                        .purpose(FilePurpose.USER_DATA)
                        .build());
        assertThat(streamed.filename()).isEqualTo("grüße.txt");
        assertThat(client.files().retrieve(streamed.id())).isEqualTo(streamed);
        try (HttpResponse content = client.files().content(streamed.id())) {
            assertThat(new String(content.body().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("hello");
        }
        List<String> listed = new ArrayList<>();
        client.files()
                .list(FileListParams.builder()
                        .limit(1)
                        .order(FileListParams.Order.ASC)
                        .build())
                .autoPager()
                .forEach(file -> listed.add(file.id()));
        assertThat(listed).containsExactly(made.id(), streamed.id());
        assertThat(client.files().delete(made.id()).deleted()).isTrue();
        assertThatThrownBy(() -> client.files().retrieve(made.id())).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> client.files()
                        .create(FileCreateParams.builder()
                                .file(Files.writeString(directory.resolve("x.jsonl"), "nothing"))
                                .purpose(FilePurpose.BATCH)
                                .build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("Must be .jsonl");
    }

    @Test
    void uploadsGoTheWholeRound() throws IOException {
        Upload upload = client.uploads()
                .create(UploadCreateParams.builder()
                        .bytes(6)
                        .filename("parts.txt")
                        .mimeType("text/plain")
                        .purpose(FilePurpose.USER_DATA)
                        .build());
        String first = part(upload.id(), "abc");
        String second = part(upload.id(), "def");

        Upload completed = client.uploads()
                .complete(UploadCompleteParams.builder()
                        .uploadId(upload.id())
                        .addPartId(second)
                        .addPartId(first)
                        .build());

        assertThat(completed.status()).isEqualTo(Upload.Status.COMPLETED);
        try (HttpResponse content =
                client.files().content(completed.file().orElseThrow().id())) {
            assertThat(new String(content.body().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("defabc");
        }
    }

    private String part(String upload, String text) {
        return client.uploads()
                .parts()
                .create(PartCreateParams.builder()
                        .uploadId(upload)
                        .data(text.getBytes(StandardCharsets.UTF_8))
                        .build())
                .id();
    }
}
