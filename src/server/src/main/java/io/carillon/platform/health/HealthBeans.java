package io.carillon.platform.health;

import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import jakarta.annotation.Priority;
import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import javax.sql.DataSource;

/** Wires the probes of the stores. Neither store needs to be there for it. */
@ApplicationScoped
class HealthBeans {
    private static final int PATIENCE_SECONDS = 2;

    @Resource(lookup = "jdbc/carillon")
    private DataSource source;

    @Inject
    private Instance<Scripts> scripts;

    @Inject
    private ExecutorService executor;

    @Produces
    @Singleton
    Availability availability() {
        StoreProbe redis = new StoreProbe(
                Availability.REDIS,
                () -> CompletableFuture.supplyAsync(scripts::get, executor).thenCompose(HealthBeans::ping),
                System::nanoTime);
        StoreProbe mariaDb = new StoreProbe(
                Availability.MARIA_DB,
                () -> CompletableFuture.runAsync(() -> selectOne(source), executor),
                System::nanoTime);
        return new Availability(List.of(redis, mariaDb));
    }

    /** Before all others stop: whoever balances the load should notice first. */
    void stop(@Observes @Priority(0) Shutdown event, Availability availability) {
        availability.stop();
    }

    static CompletionStage<String> ping(Scripts scripts) {
        return scripts.text(Script.named("ping"), "carillon:{bus}:ping");
    }

    static void selectOne(DataSource source) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(PATIENCE_SECONDS);
            statement.execute("SELECT 1");
        } catch (SQLException failure) {
            throw new CompletionException(failure);
        }
    }
}
