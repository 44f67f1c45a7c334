package io.carillon.platform.database;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import jakarta.transaction.UserTransaction;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** Brings the schema up to date before anybody uses it, and makes the database injectable. */
@ApplicationScoped
class DatabaseBeans {
    @Resource(lookup = "jdbc/carillon")
    private DataSource source;

    @PersistenceContext(unitName = "carillon")
    private EntityManager manager;

    @Inject
    private UserTransaction transaction;

    @Produces
    @Singleton
    Database database() {
        Flyway.configure(getClass().getClassLoader())
                .dataSource(source)
                .locations("classpath:db/migration")
                .load()
                .migrate();
        return new Database(source);
    }

    /** @param migrated not used, but the schema must be there first */
    @Produces
    @Singleton
    Entities entities(Database migrated) {
        return new Entities(manager, transaction, source);
    }
}
