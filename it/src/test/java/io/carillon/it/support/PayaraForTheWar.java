package io.carillon.it.support;

import io.carillon.stores.SharedStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Tells Arquillian, before it reads its own settings, which application server to start and with what: Payara Micro with
 * the commands in {@code server-config/payara}, on a Redis and a MariaDB of this JVM. The application is below a context
 * path, as whoever runs others beside it has it.
 */
public final class PayaraForTheWar implements BeforeAllCallback {
    public static final String KEY = "key-of-the-war";

    private static final Path REPOSITORY = Path.of(System.getProperty("carillon.repository", ""));
    private static final Path COMMANDS = Path.of("..", "server-config", "payara");

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        String payara = System.getProperty("carillon.payara");
        String driver = System.getProperty("carillon.driver");
        System.setProperty(
                "carillon.arquillian.micro",
                artifact("fish/payara/extras/payara-micro", payara, "payara-micro")
                        .toString());
        System.setProperty(
                "carillon.arquillian.jvm",
                "-Xmx512m -XX:TieredStopAtLevel=1 -Dcarillon.admin.key=" + KEY + " -Dcarillon.files.dir="
                        + Files.createTempDirectory("carillon-files-") + " -Dcarillon.redis.url="
                        + SharedStores.redis().url());
        System.setProperty(
                "carillon.arquillian.options",
                "--nohostaware --disablephonehome --contextroot /below --prebootcommandfile "
                        + commands("preboot.asadmin")
                        + " --postbootcommandfile " + commands("postboot.asadmin") + " --addlibs "
                        + artifact("org/mariadb/jdbc/mariadb-java-client", driver, "mariadb-java-client"));
    }

    private static Path artifact(String folder, String version, String name) {
        return REPOSITORY.resolve(folder).resolve(version).resolve(name + "-" + version + ".jar");
    }

    /** The commands with values in place of variables: the server inherits our environment, which has none of them. */
    private static Path commands(String file) throws IOException {
        String url = SharedStores.mariaDb().freshDatabase().getUrl();
        Map<String, String> values = Map.of(
                "CARILLON_BIND",
                "127.0.0.1",
                "CARILLON_DATABASE_URL",
                url,
                "CARILLON_DATABASE_USER",
                SharedStores.mariaDb().user(),
                "CARILLON_DATABASE_PASSWORD",
                SharedStores.mariaDb().password());
        String text = Files.readString(COMMANDS.resolve(file));
        for (Map.Entry<String, String> value : values.entrySet()) {
            text = text.replace("${ENV=" + value.getKey() + "}", value.getValue());
        }
        Path made = Files.createTempFile("carillon-", file);
        Files.writeString(made, text);
        made.toFile().deleteOnExit();
        return made;
    }
}
