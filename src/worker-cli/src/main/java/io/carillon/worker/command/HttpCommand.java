package io.carillon.worker.command;

import io.carillon.worker.PermanentFailure;
import io.carillon.worker.Result;
import io.carillon.worker.TaskWrapper;
import io.carillon.worker.Worker;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "http",
        description = {
            "POSTs each task's data to a URL and hands in the answer: its status and its body.",
            "",
            "The request has the headers X-Carillon-Task-Id, X-Carillon-Attempt and X-Carillon-Queue. An answer that is no JSON"
                    + " is handed in as a text. 429, 5xx and errors of the connection are tried again here, and then count as a"
                    + " failed attempt; every other answer ends the task.%n"
        },
        sortOptions = false)
final class HttpCommand extends WorkCommand {
    @Option(names = "--url", paramLabel = "URL", description = "Where tasks go")
    String url;

    @Mixin
    UpstreamOptions options;

    private Upstream upstream;
    private URI target;
    private Secrets secrets;

    @Override
    void check() {
        require(url != null, "--url", "A URL is needed: --url");
        target = used("--url", () -> OpenAiCommand.address(url, "--url"));
    }

    @Override
    Secrets secrets() {
        return super.secrets().and(Upstream.secrets(options.headers));
    }

    @Override
    List<Worker> build() {
        secrets = secrets();
        upstream = upstream(options.headers, options);
        return List.of(worker("http", this::forward));
    }

    private Object forward(TaskWrapper task) throws IOException, InterruptedException, PermanentFailure {
        String data = task.getPayload();
        try (Upstream.Answer answer = upstream.post(target, data == null ? "null" : data, task.getTask(), false)) {
            if (answer.isPassing()) {
                throw new IOException(target.getHost() + " answered " + answer.inShort(secrets));
            }
            return json(answer.status(), answer.text());
        }
    }

    /** A body that is no JSON becomes a text. */
    static Result json(int status, String body) {
        if (body.isBlank()) {
            return Result.of(status, null);
        }
        try {
            return Result.ofJson(status, body);
        } catch (IllegalArgumentException noJson) {
            return Result.of(status, body);
        }
    }
}
