package io.carillon.standalone;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The Redis that somebody else runs, as far as the launcher needs to know: where to try. The server reads the same text and
 * understands more of it.
 *
 * @param text as it was given, with its secrets
 * @param nodes each as {@code redis://} or {@code rediss://}; of a cluster or of sentinels those that were named
 * @param sentinels whether these are sentinels, whose login is another one than that of Redis
 */
record RedisAddress(String text, List<URI> nodes, boolean sentinels) {
    private static final Pattern FORM =
            Pattern.compile("(rediss?)(?:[-+](cluster|sentinel))?://(?:([^@/?#\\s]*)@)?([^@/?#\\s]+)([/?#]\\S*)?");
    private static final int SERVER_PORT = 6379;
    private static final int SENTINEL_PORT = 26379;

    /** @throws Obstacle when it is none; without the text, for there may be a password in it */
    static RedisAddress of(String text) {
        Matcher url = FORM.matcher(text);
        if (!url.matches()) {
            throw refused();
        }
        boolean sentinels = "sentinel".equals(url.group(2));
        String login = url.group(3) == null || sentinels ? "" : url.group(3) + "@";
        if (!login.isEmpty() && !login.contains(":")) {
            login = ":" + login;
        }
        String[] hosts = url.group(4).split(",", -1);
        String rest = url.group(5) == null ? "" : url.group(5);
        if (hosts.length > 1 && url.group(2) == null
                || sentinels && rest.replaceAll("[/?#]", "").isEmpty()) {
            throw refused();
        }
        List<URI> nodes = new ArrayList<>();
        for (String host : hosts) {
            nodes.add(node(url.group(1) + "://" + login + host, sentinels ? SENTINEL_PORT : SERVER_PORT));
        }
        return new RedisAddress(text, List.copyOf(nodes), sentinels);
    }

    private static URI node(String text, int usualPort) {
        try {
            URI node = URI.create(text);
            if (node.getHost() != null) {
                return node.getPort() < 0 ? URI.create(text + ":" + usualPort) : node;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw refused();
    }

    private static Obstacle refused() {
        return new Obstacle(
                "CARILLON_REDIS_URL looks like redis://user:password@host:6379,"
                        + " redis-cluster://user:password@host:6379,host:6379 or"
                        + " redis-sentinel://user:password@host:26379,host:26379/name (rediss with TLS); the given one does not");
    }

    static String where(URI node) {
        return node.getHost() + ":" + node.getPort();
    }

    /** {@code host:port} of each node, without the login. */
    @Override
    public String toString() {
        return nodes.stream().map(RedisAddress::where).collect(Collectors.joining(", "));
    }
}
