package io.carillon.batch;

import io.carillon.batch.RequestLine.Field;
import io.carillon.batch.RequestLine.Form;
import io.carillon.batch.RequestLine.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks an input file from its first to its last line before any of them becomes a task. It holds one line at a time, and
 * which custom ids there were. Contract: openai-batch 5. Safe for many threads.
 */
final class Validator {
    static final int LONGEST_CUSTOM_ID = 512;
    private static final int LONGEST_MODEL = 256;
    private static final int MOST_ERRORS = 100;
    private static final int LONGEST_SHOWN = 300;

    /**
     * @param lines how many requests a batch may have
     * @param inputs how many inputs a batch of embeddings may have in all
     * @param lineBytes how long a line may be
     * @param depth how deep a body may be nested
     */
    record Limits(int lines, int inputs, int lineBytes, int depth) {}

    /**
     * What came of it.
     *
     * @param errors in the order of lines; none when the file is good
     * @param total how many requests there are
     * @param model of the requests, or null when they name none
     * @param modelLine the physical line that names it first
     */
    record Verdict(List<LineError> errors, int total, String model, int modelLine) {}

    private final Limits limits;

    Validator(Limits limits) {
        this.limits = limits;
    }

    /**
     * Reads the file to its end, or until there are too many errors, and closes it.
     *
     * @param each is called before each line
     */
    Verdict validate(InputStream file, Endpoint endpoint, Runnable each) throws IOException {
        try (LineReader lines = new LineReader(file, 0, limits.lineBytes())) {
            return new Run(endpoint).of(lines, each);
        }
    }

    private final class Run {
        private final Endpoint endpoint;
        private final List<LineError> errors = new ArrayList<>();
        private final SeenIds seen = new SeenIds();
        private int number;
        private int total;
        private long inputs;
        private String model;
        private int modelLine;

        Run(Endpoint endpoint) {
            this.endpoint = endpoint;
        }

        Verdict of(LineReader lines, Runnable each) throws IOException {
            while (errors.size() < MOST_ERRORS && lines.next()) {
                each.run();
                if (lines.isBlank()) {
                    continue;
                }
                number = lines.number();
                if (++total > limits.lines()) {
                    ofFile("too_many_tasks", null, "The batch has more than " + limits.lines() + " requests.");
                    break;
                }
                if (lines.isTooLong()) {
                    error("invalid_request", null, "This line has more than " + limits.lineBytes() + " bytes.");
                } else {
                    check(RequestLine.of(lines.bytes(), limits.depth()));
                }
                if (inputs > limits.inputs()) {
                    ofFile("too_many_tasks", "body.input", "The batch has more than " + limits.inputs() + " inputs.");
                    break;
                }
            }
            if (total == 0) {
                ofFile(
                        "empty_file",
                        null,
                        "The input file is empty. Please ensure that the batch contains at least one request.");
            }
            return new Verdict(List.copyOf(errors), total, model, modelLine);
        }

        private void check(RequestLine line) {
            if (line.form() == Form.NO_JSON) {
                error("invalid_json_line", null, "This line is not parseable as valid JSON.");
                return;
            }
            if (line.form() == Form.NO_OBJECT) {
                error("invalid_request", null, "This line must be a JSON object.");
                return;
            }
            if (line.form() == Form.TOO_DEEP) {
                error("invalid_request", null, "JSON may be nested at most " + limits.depth() + " deep.");
                return;
            }
            if (has(line.customId(), "custom_id", Kind.STRING, "a string")) {
                checkCustomId(line.customId().text());
            }
            if (has(line.method(), "method", Kind.STRING, "a string")
                    && !line.method().text().equals("POST")) {
                error("invalid_method", "method", "The method of a request must be 'POST'.");
            }
            if (has(line.url(), "url", Kind.STRING, "a string")
                    && !line.url().text().equals(endpoint.path())) {
                error("invalid_url", "url", "The URL provided for this request does not match the batch endpoint.");
            }
            if (has(line.bodyKind(), "body", Kind.OBJECT, "an object")) {
                checkBody(line);
            }
        }

        private boolean has(Field field, String name, Kind wanted, String words) {
            if (field.is(Kind.ABSENT)) {
                error("missing_required_parameter", name, "Missing required parameter: '" + name + "'.");
                return false;
            }
            if (!field.is(wanted)) {
                error("invalid_type", name, "Invalid type for '" + name + "': expected " + words + ".");
                return false;
            }
            return true;
        }

        private void checkCustomId(String id) {
            if (id.isEmpty()) {
                error("string_below_min_length", "custom_id", "Invalid 'custom_id': empty string.");
            } else if (id.codePointCount(0, id.length()) > LONGEST_CUSTOM_ID) {
                error(
                        "string_above_max_length",
                        "custom_id",
                        "Invalid 'custom_id': string too long. Expected a string with maximum length "
                                + LONGEST_CUSTOM_ID + ".");
            } else if (id.codePoints().anyMatch(c -> Character.getType(c) == Character.SURROGATE)) {
                error("invalid_request", "custom_id", "Invalid 'custom_id': it has half of a surrogate pair.");
            } else if (!seen.add(id)) {
                error(
                        "duplicate_custom_id",
                        "custom_id",
                        "The custom_id '" + cut(id)
                                + "' for this request is a duplicate of another request. The custom_id"
                                + " parameter must be unique for each request in a batch.");
            }
        }

        private void checkBody(RequestLine line) {
            if (!endpoint.known()) {
                if (line.model().is(Kind.STRING)
                        && model == null
                        && line.model().text().length() <= LONGEST_MODEL) {
                    model = line.model().text();
                    modelLine = number;
                }
                return;
            }
            boolean named = line.model().is(Kind.STRING) && !line.model().text().isEmpty();
            if (named && line.model().text().length() > LONGEST_MODEL) {
                error("invalid_request", "body.model", "A model's name has at most " + LONGEST_MODEL + " characters.");
            } else if (named && model == null) {
                model = line.model().text();
                modelLine = number;
            } else if (named && !model.equals(line.model().text())) {
                error(
                        "mismatched_model",
                        "body.model",
                        "The model '" + cut(line.model().text())
                                + "' for this request does not match the rest of the batch."
                                + " Each batch must contain requests for a single model.");
            } else if (!named && endpoint.needsModel()) {
                error("invalid_request", "body.model", "Model parameter is required.");
            }
            checkRequired(line);
            if (line.stream().is(Kind.TRUE)) {
                String kind = endpoint.path().equals("/v1/chat/completions") ? "Chat Completions: " : "";
                error("streaming_unsupported", "body.stream", kind + "Streaming is not supported in the Batch API.");
            }
        }

        private void checkRequired(RequestLine line) {
            String name = endpoint.required();
            if (name == null) {
                return;
            }
            Field field = line.required(name);
            boolean fits = !field.is(Kind.ABSENT)
                    && (endpoint.kinds().isEmpty() || endpoint.kinds().contains(field.kind()));
            if (!fits) {
                String word = Character.toUpperCase(name.charAt(0)) + name.substring(1);
                error("invalid_request", "body." + name, word + " parameter is required.");
            } else if (endpoint.isEmbeddings()) {
                inputs += field.size();
            }
        }

        /** A hundred errors must fit into the answer. */
        private static String cut(String name) {
            return name.length() <= LONGEST_SHOWN ? name : name.substring(0, LONGEST_SHOWN) + "...";
        }

        private void error(String code, String param, String message) {
            add(new LineError(code, number, message, param));
        }

        private void ofFile(String code, String param, String message) {
            add(new LineError(code, null, message, param));
        }

        private void add(LineError error) {
            if (errors.size() < MOST_ERRORS) {
                errors.add(error);
            }
        }
    }
}
