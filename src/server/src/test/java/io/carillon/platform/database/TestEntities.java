package io.carillon.platform.database;

import io.carillon.stores.SharedStores;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Persistence;
import jakarta.transaction.UserTransaction;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/**
 * The server's own persistence unit on a real MariaDB, in a database of its own, without a container. It can play dead:
 * then connections fail as they do when MariaDB is away.
 */
public final class TestEntities implements AutoCloseable {
    private final EntityManagerFactory factory;
    private final ThreadLocal<EntityManager> current = new ThreadLocal<>();
    private final AtomicInteger transactions = new AtomicInteger();
    private final DataSource source;
    private volatile boolean away;

    public TestEntities() {
        DataSource real = SharedStores.mariaDb().freshDatabase();
        Flyway.configure()
                .dataSource(real)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        source = proxy(DataSource.class, (proxy, method, arguments) -> {
            if (away && method.getName().equals("getConnection")) {
                throw new SQLNonTransientConnectionException("Socket fail to connect");
            }
            return call(real, method, arguments);
        });
        factory = Persistence.createEntityManagerFactory(
                "carillon",
                Map.of(
                        "jakarta.persistence.transactionType", "RESOURCE_LOCAL",
                        "jakarta.persistence.jtaDataSource", source,
                        "jakarta.persistence.nonJtaDataSource", source));
    }

    /** What the domain gets. */
    public Entities entities() {
        EntityManager manager =
                proxy(EntityManager.class, (proxy, method, arguments) -> call(current.get(), method, arguments));
        UserTransaction transaction = proxy(UserTransaction.class, (proxy, method, arguments) -> {
            switch (method.getName()) {
                case "begin" -> {
                    transactions.incrementAndGet();
                    current.set(factory.createEntityManager());
                    current.get().getTransaction().begin();
                }
                case "commit" -> {
                    try (EntityManager done = current.get()) {
                        done.getTransaction().commit();
                    }
                }
                case "rollback" -> {
                    try (EntityManager done = current.get()) {
                        done.getTransaction().rollback();
                    }
                }
                default -> throw new UnsupportedOperationException(method.getName());
            }
            return null;
        });
        return new Entities(manager, transaction, source);
    }

    /** How many transactions have begun. */
    public int transactions() {
        return transactions.get();
    }

    public void goAway() {
        away = true;
    }

    public void comeBack() {
        away = false;
    }

    public void execute(String sql) {
        try (Connection connection = source.getConnection()) {
            connection.createStatement().execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        factory.close();
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
