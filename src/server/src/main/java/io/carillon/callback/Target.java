package io.carillon.callback;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.net.IDN;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A callback URL taken apart.
 *
 * <p>{@code java.net.URI} is not used: it takes no underscore in a host, which container networks have, and hides what it
 * cannot read. Here, whatever is not plainly scheme, host and port is refused.
 *
 * @param scheme {@code http} or {@code https}
 * @param host a name or an address in ASCII and small letters; an IPv6 address without its brackets
 * @param path what goes into the request line, with the query
 */
record Target(String scheme, String host, int port, String path) {
    static final int MAX_LENGTH = 2048;

    private static final Pattern URL = Pattern.compile("(?i)(https?)://([^/?#\\\\]+)((?:[/?][^#]*)?)(?:#.*)?");
    private static final Pattern AUTHORITY =
            Pattern.compile("(?:\\[((?=[^]]*:)[0-9A-Fa-f:.]{2,45})]|([^:@\\[\\]]+))(?::([0-9]{1,5}))?");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]+)*\\.?");
    private static final String HEX = "0123456789ABCDEF";

    /** @throws Refused ({@link Reason#INVALID}) when it is not an absolute http or https URL without user information */
    static Target of(String url) {
        if (url.length() > MAX_LENGTH) {
            throw refused("callback_url is longer than " + MAX_LENGTH + " characters");
        }
        Matcher parts = URL.matcher(url);
        if (!parts.matches() || url.chars().anyMatch(Character::isISOControl)) {
            throw refused("callback_url is not an absolute http or https URL");
        }
        String authority = parts.group(2);
        if (authority.indexOf('@') >= 0) {
            throw refused("callback_url must not carry a user name or password");
        }
        Matcher hostAndPort = AUTHORITY.matcher(authority);
        if (!hostAndPort.matches()) {
            throw refused("The host or port of callback_url cannot be read");
        }
        String scheme = parts.group(1).toLowerCase(Locale.ROOT);
        String host = hostAndPort.group(1) != null ? hostAndPort.group(1) : name(hostAndPort.group(2));
        return new Target(
                scheme, host.toLowerCase(Locale.ROOT), port(hostAndPort.group(3), scheme), path(parts.group(3)));
    }

    private static String name(String text) {
        String ascii;
        try {
            ascii = IDN.toASCII(text, IDN.ALLOW_UNASSIGNED);
        } catch (IllegalArgumentException e) {
            throw refused("The host of callback_url cannot be read");
        }
        if (ascii.length() > 240 || !NAME.matcher(ascii).matches()) {
            throw refused("The host of callback_url cannot be read");
        }
        return ascii;
    }

    private static int port(String text, String scheme) {
        if (text == null) {
            return scheme.equals("https") ? 443 : 80;
        }
        int port = Integer.parseInt(text);
        if (port < 1 || port > 65535) {
            throw refused("The port of callback_url is not between 1 and 65535");
        }
        return port;
    }

    /** Escapes what may not stand in a request line and leaves the rest, so that nothing is escaped twice. */
    private static String path(String text) {
        StringBuilder path = new StringBuilder(text.length() + 1);
        if (!text.startsWith("/")) {
            path.append('/');
        }
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            int c = b & 0xff;
            if (c <= ' ' || c >= 0x7f || "\"<>\\^`{|}".indexOf(c) >= 0) {
                path.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
            } else {
                path.append((char) c);
            }
        }
        return path.toString();
    }

    /** The receiver, as a key: those that share it share its connections and its limit. */
    String hostAndPort() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    /** For a log: without the query, where receivers keep secrets. */
    @Override
    public String toString() {
        int query = path.indexOf('?');
        return hostAndPort() + (query < 0 ? path : path.substring(0, query));
    }

    private static Refused refused(String message) {
        return new Refused(Reason.INVALID, message, "callback_url");
    }
}
