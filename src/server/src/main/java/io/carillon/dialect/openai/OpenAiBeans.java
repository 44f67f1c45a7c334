package io.carillon.dialect.openai;

import io.carillon.channel.ModelRoutes;
import io.carillon.instance.Instance;
import io.carillon.platform.config.Configuration;
import io.carillon.platform.http.ClosedPeers;
import io.carillon.platform.http.Outflows;
import io.carillon.quota.Quotas;
import io.carillon.stream.Callers;
import io.carillon.task.Tasks;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.concurrent.ExecutorService;

/** Makes the rules of the online endpoints injectable. */
@ApplicationScoped
class OpenAiBeans {
    @Produces
    @Singleton
    OnlinePaths paths(Configuration configuration) {
        return new OnlinePaths(configuration.openAiPaths().orElse(null));
    }

    /** A path that cannot be one is told of when the server starts, not to whoever asks first. */
    void start(@Observes Startup event, OnlinePaths paths) {}

    @Produces
    @Singleton
    OnlineCalls calls(
            ModelRoutes routes,
            Tasks tasks,
            Callers callers,
            ClosedPeers peers,
            Outflows outflows,
            Quotas quotas,
            OpenAiErrors errors,
            Instance instance,
            Configuration configuration,
            ExecutorService executor) {
        return new OnlineCalls(
                routes,
                tasks,
                callers,
                peers,
                outflows,
                quotas,
                errors,
                instance,
                configuration.blockingTimeout(),
                configuration.jsonDepth(),
                executor);
    }
}
