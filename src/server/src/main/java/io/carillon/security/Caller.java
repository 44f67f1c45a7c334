package io.carillon.security;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.QueueName;
import io.carillon.quota.Limits;
import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Who sends a request: the owner of an API key. A resource method gets it from {@code @Context SecurityContext}:
 *
 * <pre>{@code
 * @POST
 * @AllowedRoles(Role.PRODUCER)
 * public CompletionStage<Response> put(@Context SecurityContext security, byte[] body) {
 *     Caller caller = Caller.of(security);
 * }</pre>
 *
 * Take it there, on the request's thread; after that it is a plain value which an asynchronous continuation may keep.
 *
 * @param keyId the public id of the key, {@code ck_...}; the {@code ak} and the owner of what the caller makes
 * @param name what a person called the key
 * @param roles at least one
 * @param queues the queues it may use, whatever its role
 * @param limits how much it may use, where the configuration's usual does not hold
 */
public record Caller(String keyId, String name, Set<Role> roles, AllowedQueues queues, Limits limits)
        implements Principal {
    /** One with the usual limits. */
    public Caller(String keyId, String name, Set<Role> roles, AllowedQueues queues) {
        this(keyId, name, roles, queues, Limits.NONE);
    }

    public Caller {
        roles = Set.copyOf(roles);
    }

    /**
     * The caller of the current request.
     *
     * @throws Unauthenticated when the request came without a key, which only happens where {@code @PermitAll} is
     */
    public static Caller of(SecurityContext security) {
        if (security.getUserPrincipal() instanceof Caller caller) {
            return caller;
        }
        throw Unauthenticated.keyMissing();
    }

    /** The key's id, as the platform wants it. */
    @Override
    public String getName() {
        return keyId;
    }

    /** Whether the key has this role; an admin has each. */
    public boolean has(Role role) {
        return roles.contains(role) || roles.contains(Role.ADMIN);
    }

    /** @throws Refused ({@link Reason#FORBIDDEN}), naming the role, when the key does not have it */
    public void require(Role role) {
        requireAny(Set.of(role));
    }

    /** @throws Refused ({@link Reason#FORBIDDEN}), naming the roles, when the key has none of them */
    void requireAny(Set<Role> wanted) {
        for (Role role : wanted) {
            if (has(role)) {
                return;
            }
        }
        throw new Refused(
                Reason.FORBIDDEN,
                "This needs a key with the role " + texts(wanted, " or ") + "; this key has " + texts(roles, ", "));
    }

    /** Whether the key allows this queue. */
    public boolean mayUse(QueueName queue) {
        return queues.contains(queue);
    }

    /** @throws Refused ({@link Reason#FORBIDDEN}) when the key does not allow this queue */
    public void require(QueueName queue) {
        if (!mayUse(queue)) {
            throw new Refused(Reason.FORBIDDEN, "This key may not use queue " + queue.text(), "queue");
        }
    }

    /** Whether what this key made belongs to the caller; everything belongs to an admin. */
    public boolean owns(String ownerKeyId) {
        return keyId.equals(ownerKeyId) || roles.contains(Role.ADMIN);
    }

    private static String texts(Set<Role> roles, String separator) {
        return roles.stream().sorted().map(Role::text).collect(Collectors.joining(separator));
    }
}
