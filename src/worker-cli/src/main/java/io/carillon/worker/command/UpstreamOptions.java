package io.carillon.worker.command;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The flags of commands that forward to an HTTP server. */
final class UpstreamOptions {
    @Option(
            names = "--header",
            paramLabel = "'NAME: VALUE'",
            split = "\n",
            description = "A header for each request; may be repeated")
    List<String> headers = new ArrayList<>();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            defaultValue = "300s",
            converter = CommonOptions.DurationConverter.class,
            description =
                    "How long a whole answer may take; of a stream of events its head, and then each next piece. What"
                            + " takes longer is an error of the connection. Default: ${DEFAULT-VALUE}")
    Duration timeout;

    @Option(
            names = "--retries",
            paramLabel = "N",
            defaultValue = "3",
            description =
                    "How often a request is tried again after 429, 5xx or an error of the connection, as Retry-After"
                            + " says or later each time. Default: ${DEFAULT-VALUE}")
    int retries;
}
