package io.carillon.it.torture;

import com.fasterxml.jackson.databind.JsonNode;
import io.carillon.it.support.Answer;
import io.carillon.it.support.Server;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/** Take and complete tasks; now and then one dies with a task, hands it back, or answers long after its lease has ended. */
final class Workers {
    /** Short, so that a lost lease costs the test little. */
    static final Duration LEASE = Duration.ofSeconds(5);

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final List<Thread> threads = new ArrayList<>();
    private final Queue<String> surprises = new ConcurrentLinkedQueue<>();
    private final Ledger ledger;
    private final List<Server> servers;
    private final String queue;
    private volatile boolean calm;
    private volatile boolean stopped;

    Workers(Ledger ledger, List<Server> servers, String queue, Random random) {
        this.ledger = ledger;
        this.servers = servers;
        this.queue = queue;
        for (int i = 0; i < 8; i++) {
            String name = "worker-" + i;
            Random own = new Random(random.nextLong());
            Thread thread = new Thread(() -> work(name, own), name);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    /** From now on every task that is taken is completed at once. */
    void calmDown() {
        calm = true;
    }

    /** Answers that no worker should get. */
    List<String> surprises() {
        return List.copyOf(surprises);
    }

    private void work(String name, Random random) {
        while (!stopped) {
            try {
                Answer taken = server(random)
                        .take("{\"queues\":[\"" + queue + ":1\"],\"size\":" + (1 + random.nextInt(5))
                                + ",\"wait_seconds\":2,\"worker_id\":\"" + name + "\",\"process_timeout\":"
                                + LEASE.toSeconds() + ",\"process_max_retries\":-1}");
                if (taken.status() == 200) {
                    taken.json().forEach(tasks -> tasks.forEach(task -> process(name, task, random)));
                } else {
                    LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
                }
            } catch (AssertionError notAnswered) {
                LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
            }
        }
    }

    private Server server(Random random) {
        return servers.get(random.nextInt(servers.size()));
    }

    private void process(String name, JsonNode task, Random random) {
        String id = Server.id(task);
        int attempt = task.path("attempt").asInt();
        int chance = calm ? 100 : random.nextInt(100);
        if (chance < 2) {
            // It dies with the task.
            ledger.handedBack(id);
        } else if (chance < 4) {
            ledger.handedBack(id);
            untilAnswered(id, "retry", "{\"attempt\":" + attempt + ",\"delay_ms\":50,\"reason\":\"torture\"}", random);
        } else if (chance < 6) {
            ledger.handedBack(id);
            untilAnswered(id, "release", "{\"attempt\":" + attempt + "}", random);
        } else {
            if (chance < 7) {
                ledger.handedBack(id);
                LockSupport.parkNanos(LEASE.multipliedBy(2).toNanos());
            }
            complete(name, id, attempt, random);
        }
    }

    private void complete(String name, String id, int attempt, Random random) {
        String result = "{\"status_code\":200,\"attempt\":" + attempt + ",\"body\":{\"id\":\"" + id + "\",\"by\":\""
                + name + "\",\"attempt\":" + attempt + "}}";
        Answer answer = untilAnswered(id, "complete", result, random);
        if (answer == null) {
            return;
        }
        if (answer.status() == 200
                && !answer.header("X-Carillon-Accepted").orElse("true").equals("false")) {
            ledger.accepted(id, result);
        } else if (answer.status() != 200 && answer.status() != 409) {
            surprises.add(name + " completed " + id + " on attempt " + attempt + ": " + answer);
        }
    }

    /** A worker asks again, here or there, until it knows. */
    private Answer untilAnswered(String id, String what, String body, Random random) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            try {
                Answer answer = server(random).post("/v1/queue/" + id + "/" + what, body);
                // Payara answers 404 with a page of its own until the application is deployed.
                boolean deployed = answer.header("Content-Type").orElse("").startsWith("application/json");
                if (answer.status() < 500 && deployed) {
                    return answer;
                }
            } catch (AssertionError notAnswered) {
                // Again.
            }
            LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
        }
        surprises.add("Nobody answered to " + what + " of " + id);
        return null;
    }

    void stop() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join(Duration.ofMinutes(1).toMillis());
        }
    }
}
