package io.carillon.security;

import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;

/** The caller, as JAX-RS hands it to a resource method. */
record CallerContext(Caller caller, boolean secure) implements SecurityContext {

    @Override
    public Principal getUserPrincipal() {
        return caller;
    }

    @Override
    public boolean isUserInRole(String role) {
        return caller.has(Role.of(role));
    }

    @Override
    public boolean isSecure() {
        return secure;
    }

    @Override
    public String getAuthenticationScheme() {
        return "Bearer";
    }
}
