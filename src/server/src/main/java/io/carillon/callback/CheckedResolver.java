package io.carillon.callback;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Finds the addresses of a receiver and gives out only those that callbacks may go to. The client asks it for every
 * connection, literal addresses too.
 *
 * <p>The client asks on its own few threads, where a slow name server would hold up every receiver. So a name is looked up
 * beforehand on the executor, a few names at a time because others need its threads too, and the client finds the answer
 * here. Safe for many threads.
 */
class CheckedResolver implements DnsResolver {
    /** A name that resolves to forbidden addresses only. */
    static class Forbidden extends UnknownHostException {
        Forbidden(String host) {
            super(host + " has no address that callbacks may go to");
        }
    }

    private record Found(InetAddress[] addresses, UnknownHostException failure, long at) {
        boolean isOlderThan(Duration age) {
            return System.nanoTime() - at > age.toNanos();
        }

        InetAddress[] get() throws UnknownHostException {
            if (failure != null) {
                throw failure;
            }
            return addresses;
        }
    }

    private record Lookup(String host, CompletableFuture<Found> found) {}

    private static final Duration FRESH = Duration.ofSeconds(10);
    private static final Duration USABLE = Duration.ofSeconds(60);
    private static final int MOST_HOSTS = 10_000;
    static final int AT_ONCE = 16;

    private final CallbackAddress rule;
    private final Executor executor;
    private final Map<String, CompletableFuture<Found>> known = new ConcurrentHashMap<>();
    private final Queue<Lookup> waiting = new ArrayDeque<>();
    private int running;

    CheckedResolver(CallbackAddress rule, Executor executor) {
        this.rule = rule;
        this.executor = executor;
    }

    /** Looks the host up on the executor, once for all who ask meanwhile; done when {@link #resolve} will not block. */
    CompletableFuture<?> lookUp(String host) {
        if (known.size() > MOST_HOSTS) {
            known.clear();
        }
        return known.compute(host, (name, before) -> isFresh(before) ? before : started(name));
    }

    private static boolean isFresh(CompletableFuture<Found> lookup) {
        return lookup != null
                && (!lookup.isDone()
                        || !lookup.isCompletedExceptionally() && !lookup.join().isOlderThan(FRESH));
    }

    private CompletableFuture<Found> started(String host) {
        Lookup lookup = new Lookup(host, new CompletableFuture<>());
        synchronized (waiting) {
            waiting.add(lookup);
        }
        startNext();
        return lookup.found();
    }

    private void startNext() {
        Lookup next;
        synchronized (waiting) {
            if (running == AT_ONCE || waiting.isEmpty()) {
                return;
            }
            next = waiting.remove();
            running++;
        }
        try {
            executor.execute(() -> {
                end(next);
                startNext();
            });
        } catch (RejectedExecutionException full) {
            ended();
            next.found().completeExceptionally(full);
        }
    }

    private void end(Lookup lookup) {
        try {
            lookup.found().complete(find(lookup.host()));
        } catch (RuntimeException failure) {
            lookup.found().completeExceptionally(failure);
        } finally {
            ended();
        }
    }

    private void ended() {
        synchronized (waiting) {
            running--;
        }
    }

    private Found find(String host) {
        try {
            InetAddress[] allowed =
                    Arrays.stream(addresses(host)).filter(rule::allows).toArray(InetAddress[]::new);
            UnknownHostException failure = allowed.length == 0 ? new Forbidden(host) : null;
            return new Found(allowed, failure, System.nanoTime());
        } catch (UnknownHostException failure) {
            return new Found(null, failure, System.nanoTime());
        }
    }

    InetAddress[] addresses(String host) throws UnknownHostException {
        return InetAddress.getAllByName(host);
    }

    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
        CompletableFuture<Found> lookup = known.get(host);
        if (lookup != null && lookup.isDone() && !lookup.isCompletedExceptionally()) {
            Found found = lookup.join();
            if (!found.isOlderThan(USABLE)) {
                return found.get();
            }
        }
        return find(host).get();
    }

    @Override
    public String resolveCanonicalHostname(String host) {
        return host;
    }
}
