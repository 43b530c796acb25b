package dev.sluice.plugins.tokenratelimit;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A network as {@code 10.0.0.0/8} or {@code 2001:db8::/32}, or one address. Immutable. */
final class Network {
    /** Only what no name can be is given to the parser, which would look names up. */
    private static final Pattern LITERAL =
            Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

    private final byte[] address;
    private final int prefix;

    private Network(byte[] address, int prefix) {
        this.address = address;
        this.prefix = prefix;
    }

    /**
     * The network that is written so.
     *
     * @throws IllegalArgumentException if it is none
     */
    static Network of(String text) {
        int slash = text.indexOf('/');
        byte[] bytes = bytes(slash < 0 ? text : text.substring(0, slash));
        String after = slash < 0 ? "" : text.substring(slash + 1);
        boolean numbered = slash < 0 || after.matches("[0-9]{1,3}");
        int prefix = bytes == null || !numbered ? -1 : slash < 0 ? bytes.length * 8 : Integer.parseInt(after);
        if (bytes == null || prefix < 0 || prefix > bytes.length * 8) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no address or network: write one like 10.0.0.0/8 or 2001:db8::1");
        }
        return new Network(bytes, prefix);
    }

    private static byte @Nullable [] bytes(String text) {
        try {
            return LITERAL.matcher(text).matches() ? InetAddress.getByName(text).getAddress() : null;
        } catch (UnknownHostException e) {
            return null;
        }
    }

    boolean holds(String text) {
        byte[] other = bytes(text);
        if (other == null || other.length != address.length) {
            return false;
        }
        for (int bit = 0; bit < prefix; bit++) {
            if (((address[bit / 8] ^ other[bit / 8]) >> (7 - bit % 8) & 1) != 0) {
                return false;
            }
        }
        return true;
    }
}
