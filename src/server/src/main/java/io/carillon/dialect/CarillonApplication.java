package io.carillon.dialect;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.Map;

/**
 * All resources and providers of the WAR, found by their annotations. It has the root, so that every path is answered in
 * JSON.
 */
@ApplicationPath("/")
public class CarillonApplication extends Application {

    /** What servers do by default and we do not want; a server ignores what it does not know. */
    @Override
    public Map<String, Object> getProperties() {
        return Map.of("jersey.config.server.wadl.disableWadl", true);
    }
}
