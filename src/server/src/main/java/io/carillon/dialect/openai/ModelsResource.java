package io.carillon.dialect.openai;

import io.carillon.channel.ModelRoutes;
import io.carillon.security.AllowedRoles;
import io.carillon.security.Caller;
import io.carillon.security.Role;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import java.util.List;

/** The models that a key may name: those of channels, and queues by their own name. */
@Path("v1/models")
@ApplicationScoped
@Produces(MediaType.APPLICATION_JSON)
@AllowedRoles(Role.PRODUCER)
public class ModelsResource {
    private static final String OWNER = "carillon";

    @Inject
    ModelRoutes routes;

    /**
     * A model as OpenAI shows it.
     *
     * @param created in seconds since 1970
     */
    public record ModelAnswer(String id, String object, long created, String ownedBy) {
        static ModelAnswer of(ModelRoutes.Model model) {
            return new ModelAnswer(model.name(), "model", model.created() / 1000, OWNER);
        }
    }

    /** All of them: OpenAI's own list has no pages either. */
    public record Models(String object, List<ModelAnswer> data) {}

    @GET
    public Models list(@Context SecurityContext security) {
        Caller caller = Caller.of(security);
        return new Models(
                "list", routes.all(caller::mayUse).stream().map(ModelAnswer::of).toList());
    }

    /** A model's name may have slashes in it. */
    @GET
    @Path("{model: .+}")
    public ModelAnswer get(@PathParam("model") String model, @Context SecurityContext security) {
        return routes.get(model, Caller.of(security)::mayUse)
                .map(ModelAnswer::of)
                .orElseThrow(() -> ModelRoutes.notFound(model, ""));
    }
}
