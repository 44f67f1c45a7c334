package io.carillon.it.torture;

import io.carillon.it.support.Answer;
import io.carillon.it.support.Put;
import io.carillon.it.support.Server;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** Put offline tasks, each of them one after the other, until they are told to stop. */
final class Producers {
    private final List<Thread> threads = new ArrayList<>();
    private final Ledger ledger;
    private final List<Server> servers;
    private final String queue;
    private final String callback;
    private volatile Duration pause;
    private volatile boolean stopped;

    Producers(Ledger ledger, List<Server> servers, String queue, String callback, Duration pause, Random random) {
        this.ledger = ledger;
        this.servers = servers;
        this.queue = queue;
        this.callback = callback;
        this.pause = pause;
        for (int i = 0; i < 4; i++) {
            String name = "producer-" + i;
            Random own = new Random(random.nextLong());
            Thread thread = new Thread(() -> put(name, own), name);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    private void put(String name, Random random) {
        while (!stopped) {
            Server server = servers.get(random.nextInt(servers.size()));
            try {
                Answer answer = server.put(Put.offline(queue).callback(callback));
                if (answer.status() == 200) {
                    ledger.acknowledged(name, answer.json().path("data").asText());
                } else {
                    LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
                }
            } catch (AssertionError notAnswered) {
                // So nothing was promised.
                LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
            }
            LockSupport.parkNanos(pause.toNanos());
        }
    }

    /** From now on as fast as they can. */
    void hurry() {
        pause = Duration.ZERO;
    }

    void stop() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join(Duration.ofMinutes(1).toMillis());
        }
    }
}
