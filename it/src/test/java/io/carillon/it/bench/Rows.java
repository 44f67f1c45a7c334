package io.carillon.it.bench;

import java.util.List;

/**
 * The table's rows, in the order in which they are measured: what suffers from a server that is not warm yet does not come
 * first, and what stops the server comes last.
 */
final class Rows {
    static final List<Row> ALL = List.of(
            new Row(
                    "put-0",
                    "put level 0, 16 and 64 clients, CPU",
                    "0.35, best 0.29",
                    "0.27",
                    "0.19",
                    bench -> Puts.few(bench, 0)),
            new Row(
                    "take",
                    "take 10 and complete each, level 1, 16 clients, CPU",
                    "1.8, best 1.6",
                    "0.60",
                    "0.35",
                    Takes::few),
            new Row(
                    "take-256",
                    "the same with 256 clients: tasks/s against 16 clients",
                    "0.16",
                    "0.9",
                    "1.0",
                    Takes::crowd),
            new Row(
                    "put-many",
                    "put-many, 100 tasks a call, committed",
                    "-",
                    "10,000 tasks/s",
                    "25,000 tasks/s",
                    Many::put),
            new Row(
                    "complete-many",
                    "complete-many of 100 with take, level 1",
                    "905/s",
                    "5,000 tasks/s",
                    "12,000 tasks/s",
                    Many::complete),
            new Row(
                    "put-1",
                    "put level 1 (committed to disk), 16 and 64 clients, CPU",
                    "1.0, best 0.79",
                    "0.45",
                    "0.27",
                    bench -> Puts.few(bench, 1)),
            new Row(
                    "worker",
                    "carillon-worker echo, one process, from a full queue",
                    "-",
                    "5,000 tasks/s",
                    "10,000 tasks/s",
                    WorkerProgram::measure),
            new Row("batch-1000", "batch of 1,000 lines of 1 KB", "17 s", "1.5 s", "0.5 s", Batches::thousand),
            new Row("batch-10000", "batch of 10,000 lines of 1 KB", "27 s", "8 s", "3 s", Batches::tenThousand),
            new Row("batch-50000", "batch of 50,000 lines of 1 KB", "-", "40 s", "15 s", Batches::fiftyThousand),
            new Row(
                    "batch-split",
                    "splitting of 50,000 lines",
                    "-",
                    "10,000 lines/s",
                    "10,000 lines/s",
                    Batches::split),
            new Row(
                    "batch-heap",
                    "batch of 50,000 lines: live heap above that before it",
                    "-",
                    "100 MB",
                    "100 MB",
                    Batches::heap),
            new Row(
                    "batch-1000000",
                    "batch of 1,000,000 lines of 200 bytes",
                    "-",
                    "flat memory",
                    "flat memory",
                    false,
                    Batches::million),
            new Row(
                    "worker-openai",
                    "carillon-worker openai: chat completion, 1 caller, p50 above that of the upstream",
                    "-",
                    "10 ms",
                    "-",
                    Forwarding::measure),
            new Row(
                    "worker-idle",
                    "carillon-worker echo without tasks: share of a core, resident memory",
                    "-",
                    "1 %, 120 MB",
                    "-",
                    Idle::measure),
            new Row(
                    "blocking",
                    "blocking round trip, 1 client, p50 and lost",
                    "2.75 ms, 0.16 %",
                    "2.5 ms, 0",
                    "1.5 ms, 0",
                    Blocking::one),
            new Row(
                    "blocking-64",
                    "blocking round trip, 64 clients, 5 ms work, CPU",
                    "0.57, best 0.49",
                    "0.45",
                    "0.30",
                    Blocking::many),
            new Row(
                    "pick-up",
                    "level 1: put to taken by a waiting take, p95",
                    "5 to 10 s",
                    "20 ms",
                    "5 ms",
                    PickUp::measure),
            new Row(
                    "depth",
                    "put, take and complete with 1,000,000 waiting, against 1,000",
                    "-",
                    "1.3 times the cost",
                    "1.1",
                    false,
                    Depth::measure),
            new Row("status", "status read, 16 clients, 20,000 waiting", "-", "5,000/s", "10,000/s", Status::measure),
            new Row(
                    "held",
                    "10,000 blocking callers held: heap above a plain async resource",
                    "-",
                    "100 MB",
                    "40 MB",
                    Held::measure),
            new Row(
                    "echo",
                    "put level 0 as a share of a plain JAX-RS echo of the same body, 16 clients",
                    "-",
                    "40 %",
                    "60 %",
                    Echo::share),
            new Row(
                    "start",
                    "start to ready with warm files (embedded stores)",
                    "8 s",
                    "20 s",
                    "10 s",
                    Starts::toReady),
            new Row(
                    "first-puts",
                    "first 2,000 puts (level 1) after a start, CPU against warm",
                    "10 times",
                    "5 times",
                    "3 times",
                    Starts::firstPuts));

    private Rows() {}
}
