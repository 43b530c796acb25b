package dev.sluice.plugins.headertransform;

import dev.sluice.api.ConfigException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Which header fields a config may touch. */
final class Names {
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    /** Of one connection alone, or what the gateway itself writes so that a message can be read (RFC 9110, 7.6.1). */
    private static final Set<String> FRAMING = Set.of(
            "connection",
            "content-encoding",
            "content-length",
            "expect",
            "http2-settings",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    private Names() {}

    /** The name, in lower case, if it may be changed. */
    static String changed(String name, String field) {
        String lower = read(name, field);
        if (FRAMING.contains(lower)) {
            throw new ConfigException(
                    field,
                    "'" + name
                            + "' frames the message or belongs to one connection: the gateway writes it, remove this");
        }
        if (lower.equals("host")) {
            throw new ConfigException(
                    field,
                    "'" + name
                            + "' says where a request goes: set a provider's baseUrl, or a route's upstream and preserveHost");
        }
        return lower;
    }

    /** The name, in lower case, of a header that is only read. */
    static String read(String name, String field) {
        if (!TOKEN.matcher(name).matches()) {
            throw new ConfigException(field, "'" + name + "' is no header name: use letters, digits and hyphens");
        }
        return name.toLowerCase(Locale.ROOT);
    }
}
