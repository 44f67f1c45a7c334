package io.carillon.dialect.openai.file;

import io.carillon.dialect.openai.Invalid;
import io.carillon.file.Draft;
import io.carillon.file.FileLimits;
import io.carillon.file.Files;
import io.carillon.file.Purpose;
import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.platform.http.MultipartForm;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The form that brings a file (contract 2.2). Its parts come in any order, so the bytes are in the store, as a draft, before
 * it is known whether they will be kept. Close it in any case.
 */
final class FileForm implements AutoCloseable {
    private static final int BUFFER = 64 * 1024;

    private final Files files;
    private final FileLimits limits;
    private Draft draft;
    private String name;
    private String purpose;
    private String anchor;
    private String seconds;

    private FileForm(Files files) {
        this.files = files;
        this.limits = files.limits();
    }

    /** @throws Refused 400 or 413; then nothing is left of what came */
    static FileForm read(String contentType, InputStream body, Files files) {
        FileForm form = new FileForm(files);
        try {
            MultipartForm.read(contentType, body, form.limits.file(), form::take);
            form.check();
            return form;
        } catch (RuntimeException | Error refused) {
            form.close();
            throw refused;
        }
    }

    private void take(MultipartForm.Part part) throws IOException {
        switch (part.name()) {
            case "file" -> {
                if (part.fileName().isEmpty()) {
                    throw new Refused(
                            Reason.INVALID, "'file' is a required property: the part needs a parameter 'filename'");
                }
                takeFile(part);
            }
            case "purpose" -> purpose = once(purpose, part);
            case "expires_after[anchor]" -> anchor = once(anchor, part);
            case "expires_after[seconds]" -> seconds = once(seconds, part);
            default -> throw Invalid.unknown(part.name());
        }
    }

    private static String once(String before, MultipartForm.Part part) throws IOException {
        if (before != null) {
            throw twice(part.name());
        }
        return part.text();
    }

    private static Refused twice(String name) {
        return new Refused(Reason.INVALID, "The part '" + name + "' comes twice", name);
    }

    private void takeFile(MultipartForm.Part part) throws IOException {
        if (draft != null) {
            throw twice("file");
        }
        name = FileName.of(part.fileName().orElseThrow(), "file");
        draft = files.draft();
        Purpose known = Purpose.of(purpose).orElse(null);
        byte[] buffer = new byte[BUFFER];
        for (int read = part.bytes().read(buffer);
                read >= 0;
                read = part.bytes().read(buffer)) {
            limits.check(known, draft.bytes() + read);
            draft.write(buffer, 0, read);
        }
    }

    private void check() {
        if (draft == null) {
            throw new Refused(Reason.INVALID, "'file' is a required property");
        }
        if (purpose == null) {
            throw new Refused(Reason.INVALID, "'purpose' is a required property");
        }
        if (Purpose.of(purpose).filter(Purpose::isUploaded).isEmpty()) {
            String allowed = Purpose.uploads().stream()
                    .map(each -> "'" + each.text() + "'")
                    .collect(Collectors.joining(", ", "[", "]"));
            throw new Refused(Reason.INVALID, "'" + shown(purpose) + "' is not one of " + allowed + " - 'purpose'");
        }
        limits.check(purpose(), draft.bytes());
    }

    private static String shown(String text) {
        return (text.length() > 80 ? text.substring(0, 80) + "..." : text).replaceAll("\\p{Cntrl}", "?");
    }

    Draft draft() {
        return draft;
    }

    String name() {
        return name;
    }

    Purpose purpose() {
        return Purpose.of(purpose).orElseThrow();
    }

    /** @throws Refused 400 */
    Optional<Duration> life() {
        return ExpiresAfter.of(anchor, seconds, purpose());
    }

    @Override
    public void close() {
        if (draft != null) {
            draft.close();
        }
    }
}
