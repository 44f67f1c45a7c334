package io.carillon.platform.database;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** Brings the schema up to date before anybody uses it, and makes the database injectable. */
@ApplicationScoped
class DatabaseBeans {
    @Resource(lookup = "jdbc/carillon")
    private DataSource source;

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
}
