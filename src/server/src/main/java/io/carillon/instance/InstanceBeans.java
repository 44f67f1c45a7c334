package io.carillon.instance;

import io.carillon.platform.config.Configuration;
import io.carillon.platform.database.Database;
import io.carillon.platform.redis.Scripts;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Shutdown;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.concurrent.ScheduledExecutorService;
import org.redisson.api.RedissonClient;

@ApplicationScoped
class InstanceBeans {
    @Produces
    @Singleton
    Instance instance(Database database, Clock clock, Configuration configuration) {
        return Instance.begin(database, clock, configuration.bind(), configuration.httpPort());
    }

    @Produces
    @Singleton
    Instances instances(Instance me, RedissonClient redis, Scripts scripts) {
        return new Instances(me, redis, scripts);
    }

    void start(@Observes Startup event, Instances instances, ScheduledExecutorService scheduler) {
        instances.start(scheduler);
    }

    void stop(@Observes Shutdown event, Instances instances) {
        instances.stop();
    }
}
