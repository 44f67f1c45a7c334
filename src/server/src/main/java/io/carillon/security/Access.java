package io.carillon.security;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import jakarta.annotation.security.DenyAll;
import jakarta.annotation.security.PermitAll;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Who may call a resource method, by its annotations, else by those of its class: {@code @PermitAll} everybody, even
 * without a key; {@code @AllowedRoles} keys with one of these roles; {@code @DenyAll} nobody; nothing at all: any key.
 */
record Access(boolean open, boolean closed, Set<Role> anyOf) {
    private static final Access ANY_KEY = new Access(false, false, Set.of());

    static Access of(Class<?> resource, Method method) {
        // A container may hand out a generated subclass, whose methods carry no annotations.
        for (Class<?> type = resource; type != null && type != Object.class; type = type.getSuperclass()) {
            Access declared = declaredBy(type, method);
            if (declared != null) {
                return declared;
            }
        }
        return ANY_KEY;
    }

    private static Access declaredBy(Class<?> type, Method method) {
        if (method != null) {
            try {
                Access own = writtenOn(type.getDeclaredMethod(method.getName(), method.getParameterTypes()));
                if (own != null) {
                    return own;
                }
            } catch (NoSuchMethodException e) {
                // A superclass declares it.
            }
        }
        return writtenOn(type);
    }

    private static Access writtenOn(AnnotatedElement element) {
        if (element.isAnnotationPresent(DenyAll.class)) {
            return new Access(false, true, Set.of());
        }
        AllowedRoles roles = element.getDeclaredAnnotation(AllowedRoles.class);
        if (roles != null) {
            Set<Role> anyOf = EnumSet.noneOf(Role.class);
            anyOf.addAll(List.of(roles.value()));
            return new Access(false, false, anyOf);
        }
        return element.isAnnotationPresent(PermitAll.class) ? new Access(true, false, Set.of()) : null;
    }

    /** @throws Refused ({@link Reason#FORBIDDEN}) when the caller may not */
    void check(Caller caller) {
        if (closed) {
            throw new Refused(Reason.FORBIDDEN, "Nobody may do this");
        }
        if (!anyOf.isEmpty()) {
            caller.requireAny(anyOf);
        }
    }
}
