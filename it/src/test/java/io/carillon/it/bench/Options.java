package io.carillon.it.bench;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What the one who runs the benchmarks asks for; docs/performance.md explains it.
 *
 * @param rows names of rows; empty for those that do not take long
 * @param url of a server that runs already
 * @param key its admin key
 * @param data the data directory of its launcher; or of the one that is started, which goes on with what is there
 * @param time how long each measurement goes on at most
 * @param warmUp how long each kind of load runs at most before it is measured
 */
record Options(
        List<String> rows,
        Optional<URI> url,
        Optional<String> key,
        Optional<Path> data,
        Duration time,
        Duration warmUp) {
    static Options ofSystemProperties() {
        return new Options(
                property("bench").map(rows -> List.of(rows.split(","))).orElse(List.of()),
                property("bench.url").map(URI::create),
                property("bench.key"),
                property("bench.data").map(data -> Path.of(data).toAbsolutePath()),
                seconds("bench.seconds", 10, 120),
                seconds("bench.warmup", 45, 300));
    }

    private static Duration seconds(String name, int usual, int most) {
        int seconds = property(name).map(Integer::valueOf).orElse(usual);
        if (seconds < 0 || seconds > most) {
            throw new IllegalArgumentException(name + " must be from 0 to " + most);
        }
        return Duration.ofSeconds(seconds);
    }

    /** A property that has not been given may be there and empty. */
    static Optional<String> property(String name) {
        return Optional.ofNullable(System.getProperty(name)).map(String::strip).filter(text -> !text.isEmpty());
    }
}
