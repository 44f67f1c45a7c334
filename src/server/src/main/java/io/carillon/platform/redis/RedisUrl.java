package io.carillon.platform.redis;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where Redis is, as {@code CARILLON_REDIS_URL} says it:
 *
 * <pre>
 * redis://user:password@host:6379                                      one server
 * redis-cluster://user:password@host:6379,host:6379                    a cluster, by some of its nodes
 * redis-sentinel://user:password@host:26379,host:26379/name            the master of that name, by its sentinels
 * </pre>
 *
 * <p>With TLS they begin with {@code rediss}; {@code +} does for {@code -}; the name may also come as {@code #name} or {@code
 * ?master=name}, as other tools write it. A login without a colon is a password. User and password are those of the servers; sentinels that want a login of their
 * own get it by {@code ?sentinel_user=...&sentinel_password=...}. What is special in a URL is written as {@code %40}.
 *
 * @param nodes at least one; of a cluster or of sentinels some, the others are found through them
 * @param user of the servers, when they want one
 * @param master what the sentinels call it; there for {@link Kind#SENTINEL} only
 */
public record RedisUrl(
        Kind kind,
        boolean tls,
        List<Node> nodes,
        Optional<String> user,
        Optional<String> password,
        Optional<String> master,
        Optional<String> sentinelUser,
        Optional<String> sentinelPassword) {

    private static final Pattern FORM = Pattern.compile("(rediss?)(?:[-+](cluster|sentinel))?://(?:([^@/?#\\s]*)@)?"
            + "([^@/?#\\s]+)(?:/([^/?#\\s]*))?(?:\\?([^#\\s]*))?(?:#(\\S*))?");
    private static final Pattern NODE = Pattern.compile("(\\[[0-9A-Fa-f:.%]+]|[^:\\[\\],]+)(?::(\\d{1,5}))?");
    private static final int SERVER_PORT = 6379;
    private static final int SENTINEL_PORT = 26379;
    private static final int HIGHEST_PORT = 65_535;

    /** How Redis is set up. */
    public enum Kind {
        SINGLE,
        CLUSTER,
        SENTINEL
    }

    /** @param host a name or an address; IPv6 in brackets */
    public record Node(String host, int port) {
        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    /** @throws IllegalArgumentException with what is wrong, but never with what is in the URL */
    public static RedisUrl parse(String text) {
        Matcher url = FORM.matcher(text.strip());
        if (!url.matches()) {
            throw new IllegalArgumentException("a Redis URL looks like redis://user:password@host:6379,"
                    + " redis-cluster://host:6379,host:6379 or redis-sentinel://host:26379,host:26379/name");
        }
        Kind kind =
                url.group(2) == null ? Kind.SINGLE : Kind.valueOf(url.group(2).toUpperCase(Locale.ROOT));
        List<Node> nodes = nodes(url.group(4), kind == Kind.SENTINEL ? SENTINEL_PORT : SERVER_PORT);
        if (kind == Kind.SINGLE && nodes.size() > 1) {
            throw new IllegalArgumentException(
                    "several hosts need redis-cluster:// or redis-sentinel:// in front of them");
        }
        String login = url.group(3) == null ? "" : url.group(3);
        int colon = login.indexOf(':');
        Map<String, String> query = query(url.group(6));
        String path = url.group(5);
        Optional<String> master = Optional.empty();
        if (kind == Kind.SENTINEL) {
            master = filled(decoded(url.group(7)))
                    .or(() -> filled(query.get("master")))
                    .or(() -> filled(decoded(path)));
            if (master.isEmpty()) {
                throw new IllegalArgumentException("redis-sentinel:// ends with the master's name: host:26379/name");
            }
        } else if (filled(path).filter(database -> !database.equals("0")).isPresent()) {
            throw new IllegalArgumentException("only database 0 of Redis can be used");
        }
        return new RedisUrl(
                kind,
                url.group(1).equals("rediss"),
                nodes,
                colon < 0 ? Optional.empty() : filled(decoded(login.substring(0, colon))),
                filled(decoded(login.substring(colon + 1))),
                master,
                filled(query.get("sentinel_user")),
                filled(query.get("sentinel_password")));
    }

    private static List<Node> nodes(String text, int usualPort) {
        List<Node> nodes = new ArrayList<>();
        for (String each : text.split(",", -1)) {
            Matcher node = NODE.matcher(each);
            int port = !node.matches() ? 0 : node.group(2) == null ? usualPort : Integer.parseInt(node.group(2));
            if (port < 1 || port > HIGHEST_PORT) {
                throw new IllegalArgumentException("hosts are written host:port and separated by commas");
            }
            nodes.add(new Node(node.group(1), port));
        }
        return List.copyOf(nodes);
    }

    private static Map<String, String> query(String text) {
        Map<String, String> query = new HashMap<>();
        for (String pair : text == null ? new String[0] : text.split("&")) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                query.put(pair.substring(0, equals), decoded(pair.substring(equals + 1)));
            }
        }
        return query;
    }

    private static Optional<String> filled(String text) {
        return Optional.ofNullable(text).filter(some -> !some.isEmpty());
    }

    private static String decoded(String text) {
        try {
            return text == null ? null : URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException showsTheText) {
            throw new IllegalArgumentException("a % in a Redis URL is written %25");
        }
    }

    /** {@code redis} or {@code rediss}: how each node is spoken to. */
    public String scheme() {
        return tls ? "rediss" : "redis";
    }

    /** The nodes as {@code redis://host:port}, without a login. */
    String[] addresses() {
        return nodes.stream().map(node -> scheme() + "://" + node).toArray(String[]::new);
    }

    /** Without users and passwords. */
    @Override
    public String toString() {
        return kind + " " + nodes + master.map(name -> "/" + name).orElse("");
    }
}
