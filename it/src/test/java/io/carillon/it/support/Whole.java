package io.carillon.it.support;

import io.carillon.standalone.Standalone;
import io.carillon.stores.Durability;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The whole that all tests share: two servers on one Redis and one MariaDB, started when a test first asks and stopped when
 * the JVM ends. A test that kills or restarts anything starts a whole of its own.
 *
 * <p>With the system properties {@code carillon.a}, {@code carillon.b} (addresses that end with a slash) and {@code
 * carillon.key} the tests use servers that somebody else has started; those must be allowed to call back to 127.0.0.1
 * and have the same {@code CARILLON_OPENAI_PATHS}.
 */
public final class Whole {
    /** A server that runs for a minute is not worth the compiler's best. */
    static final String QUICK_START = "-Xmx1g -XX:TieredStopAtLevel=1";

    private static final Path DIRECTORY = Path.of("target", "whole").toAbsolutePath();

    private Whole() {}

    private static final class Started {
        static final Standalone A;
        static final Standalone B;
        static final Queue<Standalone> OTHERS = new ConcurrentLinkedQueue<>();

        static {
            long start = System.nanoTime();
            A = server("a").start();
            stopAtTheEnd();
            B = server("b").sharing(A).start();
            System.out.printf("Two servers started in %.1f s%n", (System.nanoTime() - start) / 1e9);
        }

        private static Standalone.Builder server(String name) {
            return Standalone.builder()
                    .dataDirectory(DIRECTORY.resolve(name))
                    .durability(Durability.RELAXED)
                    .env("CARILLON_CALLBACK_ALLOW_PRIVATE", "true")
                    .env("CARILLON_OPENAI_PATHS", "/v1/rerank, v1/audio/speech")
                    .env("CARILLON_JAVA_OPTS", QUICK_START);
        }

        private static void stopAtTheEnd() {
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(
                            () -> {
                                // Those that use the other's stores first.
                                OTHERS.forEach(Standalone::stop);
                                if (B != null) {
                                    B.stop();
                                }
                                A.stop();
                            },
                            "stop"));
        }
    }

    /** Only for those who ask: most tests need two. */
    private static final class Third {
        static final Standalone C = Started.server("c").sharing(Started.A).start();

        static {
            Started.OTHERS.add(C);
        }
    }

    private static final class Receiving {
        static final CallbackReceiver RECEIVER = CallbackReceiver.start();
    }

    /** One of the servers, with the key that may do everything. */
    public static Server a() {
        return elsewhere("carillon.a").orElseGet(() -> new Server(Started.A.url(), Started.A.adminKey()));
    }

    /** The other one. */
    public static Server b() {
        return elsewhere("carillon.b").orElseGet(() -> new Server(Started.B.url(), Started.B.adminKey()));
    }

    /** A third one, which starts when a test first asks. */
    public static Server c() {
        return elsewhere("carillon.c").orElseGet(() -> new Server(Third.C.url(), Third.C.adminKey()));
    }

    /** Nobody needs the third one any more. Even idle it costs the tests that follow a part of the machine. */
    public static void stopC() {
        if (elsewhere("carillon.c").isEmpty() && Started.OTHERS.remove(Third.C)) {
            Third.C.stop();
        }
    }

    private static Optional<Server> elsewhere(String property) {
        return Optional.ofNullable(System.getProperty(property))
                .map(url -> new Server(URI.create(url), System.getProperty("carillon.key")));
    }

    /** A receiver of callbacks that the servers reach. */
    public static CallbackReceiver receiver() {
        return Receiving.RECEIVER;
    }
}
