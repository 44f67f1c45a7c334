package io.carillon.standalone;

import io.carillon.stores.Durability;
import io.carillon.stores.StoreFailure;
import java.util.Optional;

/**
 * The program: starts Redis, MariaDB and the server, says where they are, and stops them all on SIGTERM or Ctrl-C. Everything
 * is set by the environment. Exit code 1 with one line on standard error when it cannot start or go on.
 */
public final class Carillon {
    private Carillon() {}

    public static void main(String[] arguments) {
        System.exit(run());
    }

    private static int run() {
        try {
            Standalone.Builder builder = Standalone.builder().console(System.out::println);
            builder.port(8080);
            System.getenv().forEach(builder::env);
            Standalone carillon = builder.open();
            Runtime.getRuntime().addShutdownHook(new Thread(carillon::stop, "stop"));
            System.out.println("Carillon is starting in " + carillon.dataDirectory());
            carillon.start(Durability.FULL);
            System.out.println(greeting(carillon));
            Optional<String> end = carillon.supervise();
            end.ifPresent(reason -> System.err.println("carillon: " + reason));
            carillon.stop();
            return end.isPresent() ? 1 : 0;
        } catch (Obstacle | StoreFailure e) {
            System.err.println("carillon: " + e.getMessage());
            return 1;
        }
    }

    /** On JDK 22 and later System.console() would answer also when there is none, but for this. */
    private static boolean isAttended() {
        System.setProperty("jdk.console", "java.base");
        return System.console() != null;
    }

    private static String greeting(Standalone carillon) {
        AdminKey key = carillon.keyOfAdmin();
        boolean attended = isAttended();
        String url = carillon.url().toString().replaceFirst("/$", "");
        return """

                Carillon answers at %s
                  admin key       %s
                  data directory  %s
                  Redis           %s
                  MariaDB         %s

                Try:
                  curl -s -H "Authorization: Bearer %s" -H 'Content-Type: application/json' \\
                    -d '{"queue":"demo","endpoint":"/v1/chat/completions"}' %s/v1/queue/register
                """
                .formatted(
                        url,
                        key.shown(attended),
                        carillon.dataDirectory(),
                        carillon.redisAddress(),
                        carillon.databaseAddress(),
                        key.inCommands(attended),
                        url);
    }
}
