package io.carillon.dialect.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.carillon.batch.Batch;
import io.carillon.batch.BatchState;
import io.carillon.file.FileId;
import io.carillon.platform.json.RawJson;
import java.time.Instant;
import java.util.Optional;

/** A batch on the wire; its instants are as {@link BatchTimes} says. Contract: openai-batch 3.3. */
@JsonInclude(JsonInclude.Include.ALWAYS)
record BatchAnswer(
        String id,
        String object,
        String endpoint,
        String model,
        Errors errors,
        String inputFileId,
        String completionWindow,
        String status,
        String outputFileId,
        String errorFileId,
        long createdAt,
        Long inProgressAt,
        long expiresAt,
        Long finalizingAt,
        Long completedAt,
        Long failedAt,
        Long expiredAt,
        Long cancellingAt,
        Long cancelledAt,
        RequestCounts requestCounts,
        RawJson usage,
        RawJson metadata,
        @JsonProperty("x_paused") boolean paused,
        @JsonProperty("x_retry_of") String retryOf) {

    /** Why it was refused. */
    record Errors(String object, RawJson data) {}

    record RequestCounts(int total, int completed, int failed) {}

    /** As it was when it was created, whatever has become of it since: a repeated request gets the first answer again. */
    static BatchAnswer created(Batch batch, BatchTimes times) {
        return new BatchAnswer(
                batch.id().text(),
                "batch",
                batch.endpoint(),
                null,
                null,
                batch.inputFile(),
                batch.window(),
                BatchState.VALIDATING.word(),
                null,
                null,
                times.of(batch.created()),
                null,
                times.of(batch.expires()),
                null,
                null,
                null,
                times.expired(Optional.empty(), batch.expires()),
                null,
                null,
                new RequestCounts(0, 0, 0),
                null,
                batch.metadata(),
                false,
                batch.retryOf());
    }

    static BatchAnswer of(Batch batch, BatchTimes times) {
        boolean over = batch.state().isFinal();
        return new BatchAnswer(
                batch.id().text(),
                "batch",
                batch.endpoint(),
                batch.model(),
                batch.errors() == null ? null : new Errors("list", batch.errors()),
                batch.inputFile(),
                batch.window(),
                batch.state().word(),
                over ? batch.outputFile().map(FileId::text).orElse(null) : null,
                over ? batch.errorFile().map(FileId::text).orElse(null) : null,
                times.of(batch.created()),
                times.of(batch.inProgress()),
                times.of(batch.expires()),
                times.of(batch.finalizing()),
                times.of(ended(batch, BatchState.COMPLETED)),
                times.of(ended(batch, BatchState.FAILED)),
                times.expired(ended(batch, BatchState.EXPIRED), batch.expires()),
                times.of(batch.cancelling()),
                times.of(ended(batch, BatchState.CANCELLED)),
                new RequestCounts(
                        batch.total(), batch.ended().completed(), batch.ended().failed()),
                batch.usage(),
                batch.metadata(),
                batch.paused(),
                batch.retryOf());
    }

    private static Optional<Instant> ended(Batch batch, BatchState as) {
        return batch.state() == as ? batch.over() : Optional.empty();
    }
}
