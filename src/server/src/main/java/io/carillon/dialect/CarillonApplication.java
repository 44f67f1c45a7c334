package io.carillon.dialect;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.Map;

/** All resources and providers of the WAR, found by their annotations. It has the root, so that every path is answered in JSON. */
@ApplicationPath("/")
public class CarillonApplication extends Application {

    /** Switches off the JSON features that Jersey brings itself; each is as good a match as ours. Other servers ignore it. */
    @Override
    public Map<String, Object> getProperties() {
        return Map.of(
                "jersey.config.jsonFeature", "Carillon",
                "jersey.config.disableJsonBinding", true,
                "jersey.config.disableMoxyJson", true);
    }
}
