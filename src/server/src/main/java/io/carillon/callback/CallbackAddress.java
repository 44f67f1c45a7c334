package io.carillon.callback;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which addresses a callback may go to. Anybody with a key can name a URL that this server will call, so it must not reach
 * what only this server can see: its own host, its network, the cloud's metadata.
 *
 * <p>{@link #check} refuses early what can be seen in the URL itself; the rule that holds is asked again for each address
 * that a connection is really made to, so a name that resolves differently later does not help. Safe for many threads.
 */
public class CallbackAddress {
    private static final Pattern DOTTED_QUAD =
            Pattern.compile("(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\\.(?!$)|$)){4}");
    private static final Pattern ENDS_IN_NUMBER = Pattern.compile("(?:.*\\.)?(?:[0-9]+|0[xX][0-9a-fA-F]*)\\.?");

    private static final List<Block> FORBIDDEN_V4 = List.of(
            block(8, 0),
            block(8, 10),
            block(10, 100, 64),
            block(8, 127),
            block(16, 169, 254),
            block(12, 172, 16),
            block(24, 192, 0, 0),
            block(24, 192, 0, 2),
            block(24, 192, 88, 99),
            block(16, 192, 168),
            block(15, 198, 18),
            block(24, 198, 51, 100),
            block(24, 203, 0, 113),
            block(4, 224),
            block(4, 240));

    private static final Block GLOBAL_V6 = block(3, 0x20);
    private static final Block NAT64 = block(96, 0, 0x64, 0xff, 0x9b);
    private static final List<Block> FORBIDDEN_V6 = List.of(
            block(23, 0x20, 0x01, 0x00),
            block(32, 0x20, 0x01, 0x0d, 0xb8),
            block(16, 0x20, 0x02),
            block(20, 0x3f, 0xff, 0x00));

    private final boolean privateAllowed;

    /** @param privateAllowed whether callbacks may go to private, loopback and link-local addresses */
    public CallbackAddress(boolean privateAllowed) {
        this.privateAllowed = privateAllowed;
    }

    /**
     * Refuses a URL that no callback could be sent to, without asking DNS.
     *
     * @throws Refused ({@link Reason#INVALID}, parameter {@code callback_url}) when it is not an absolute http or https URL
     *     of at most 2048 characters, carries a user name, or names a forbidden address
     */
    public void check(String url) {
        Target target = Target.of(url);
        String host = target.host();
        boolean isV6 = host.indexOf(':') >= 0;
        boolean isNumeric = !isV6 && ENDS_IN_NUMBER.matcher(host).matches();
        if (isNumeric && !DOTTED_QUAD.matcher(host).matches()) {
            // 2130706433, 0x7f.1 and 0177.0.0.1 are all 127.0.0.1 to some resolver, and not to every one
            if (!privateAllowed) {
                throw refused("Write the address in callback_url as four decimal numbers");
            }
        } else if (isV6 || isNumeric) {
            if (!allows(literal(host))) {
                throw refused("callback_url names an address that callbacks may not go to");
            }
        } else if (!privateAllowed && (host.equals("localhost") || host.endsWith(".localhost"))) {
            throw refused("callback_url names an address that callbacks may not go to");
        }
    }

    /** Whether a connection may be made to this address. */
    boolean allows(InetAddress address) {
        if (address.isMulticastAddress()) {
            return false;
        }
        return privateAllowed || isPublic(address);
    }

    private static boolean isPublic(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (address instanceof Inet4Address) {
            return FORBIDDEN_V4.stream().noneMatch(block -> block.holds(bytes));
        }
        if (NAT64.holds(bytes)) {
            byte[] inner = {bytes[12], bytes[13], bytes[14], bytes[15]};
            return FORBIDDEN_V4.stream().noneMatch(block -> block.holds(inner));
        }
        return GLOBAL_V6.holds(bytes) && FORBIDDEN_V6.stream().noneMatch(block -> block.holds(bytes));
    }

    private static InetAddress literal(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw refused("The address in callback_url cannot be read");
        }
    }

    private static Refused refused(String message) {
        return new Refused(Reason.INVALID, message, "callback_url");
    }

    private static Block block(int bits, int... start) {
        byte[] bytes = new byte[16];
        for (int i = 0; i < start.length; i++) {
            bytes[i] = (byte) start[i];
        }
        return new Block(bytes, bits);
    }

    private record Block(byte[] start, int bits) {
        boolean holds(byte[] address) {
            for (int bit = 0; bit < bits; bit++) {
                int mask = 0x80 >> (bit & 7);
                if (((address[bit >> 3] ^ start[bit >> 3]) & mask) != 0) {
                    return false;
                }
            }
            return true;
        }
    }
}
