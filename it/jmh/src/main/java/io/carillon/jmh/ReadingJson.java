package io.carillon.jmh;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carillon.dialect.task.PutRequest;
import io.carillon.platform.json.EnvelopeReader;
import io.carillon.platform.json.RawJson;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The body of a put, from bytes to a request that has been checked. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class ReadingJson {
    private static final int DEPTH = 100;

    /** Bytes of the task's data. */
    @Param({"512", "65536"})
    int bytes;

    private byte[] body;

    @Setup
    public void setUp() {
        String data = "{\"model\":\"bench\",\"text\":\"" + "x".repeat(bytes - 27) + "\"}";
        body = ("{\"endpoint\":\"/v1/chat/completions\",\"queue\":\"bench\",\"level\":1,\"response_mode\":\"callback\","
                        + "\"timeout\":3600,\"data\":" + data + "}")
                .getBytes(UTF_8);
    }

    /** All of it: fields, their types and ranges. */
    @Benchmark
    public PutRequest put() {
        return PutRequest.of(body, DEPTH);
    }

    /** Only the strict pass over the bytes. */
    @Benchmark
    public RawJson envelope() {
        EnvelopeReader fields = EnvelopeReader.over(body, DEPTH);
        RawJson data = null;
        while (fields.next()) {
            if (fields.name().equals("data")) {
                data = fields.raw();
            }
        }
        return data;
    }
}
