package dev.sluice.host.exchange;

import dev.sluice.api.Headers;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Header fields over the proxy's own multimap; counts the changes, so that a filter's can be noticed. */
final class HostHeaders implements Headers {

    /** Fields that concern one connection only and never travel on (RFC 9110, section 7.6.1). */
    private static final List<CharSequence> HOP_BY_HOP = Stream.of(
                    "connection",
                    "keep-alive",
                    "proxy-connection",
                    "proxy-authenticate",
                    "proxy-authorization",
                    "te",
                    "trailer",
                    "transfer-encoding",
                    "upgrade",
                    "http2-settings")
            .map(HttpHeaders::createOptimized)
            .toList();

    private final MultiMap fields;
    private int changes;

    HostHeaders(MultiMap fields) {
        this.fields = fields;
    }

    static HostHeaders empty() {
        // Not HttpHeaders.headers(): that would check once more what a decoder, or set and add here, have checked.
        return new HostHeaders(MultiMap.caseInsensitiveMultiMap());
    }

    /**
     * Those of an upstream's answer, without what concerns its connection only. The client reads there whether, and how long,
     * the connection can be used again, but not before the answer's end: where it says so, it keeps its own.
     */
    static HostHeaders ofAnswer(MultiMap received) {
        String connection = received.get(HttpHeaders.CONNECTION);
        boolean stays = connection == null || connection.equalsIgnoreCase("keep-alive");
        if (stays && !received.contains(HttpHeaders.KEEP_ALIVE)) {
            return new HostHeaders(received).dropHopByHop();
        }
        HostHeaders own = new HostHeaders(received).copy();
        if (received.getAll(HttpHeaders.CONNECTION).stream().anyMatch(line -> listHas(line, "close"))) {
            // It knows the word only where it stands alone.
            received.set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        return own.dropHopByHop();
    }

    /** Whether a field's line, a list with commas between, has that word. */
    static boolean listHas(@Nullable String line, String word) {
        if (line != null) {
            for (String part : line.split(",", -1)) {
                if (part.trim().equalsIgnoreCase(word)) {
                    return true;
                }
            }
        }
        return false;
    }

    MultiMap fields() {
        return fields;
    }

    int changes() {
        return changes;
    }

    HostHeaders copy() {
        HostHeaders copy = empty();
        copyTo(copy.fields);
        return copy;
    }

    /** Adds all fields to those that are there. */
    void copyTo(MultiMap target) {
        if (fields instanceof io.netty.handler.codec.http.HttpHeaders http1) {
            // addAll would make strings of names that came as bytes, and compute their hashes anew.
            Iterator<Map.Entry<CharSequence, CharSequence>> all = http1.iteratorCharSequence();
            while (all.hasNext()) {
                Map.Entry<CharSequence, CharSequence> field = all.next();
                target.add(field.getKey(), field.getValue());
            }
        } else {
            target.addAll(fields);
        }
    }

    /** Removes what concerns one connection only, fields named by {@code Connection} included. */
    HostHeaders dropHopByHop() {
        String connection = fields.get("connection");
        if (connection != null) {
            for (String line : fields.getAll("connection")) {
                for (String token : line.split(",", -1)) {
                    String name = token.trim().toLowerCase(Locale.ROOT);
                    // These frame and route the message itself; a peer may not have them dropped.
                    if (!name.isEmpty() && !name.equals("host") && !name.equals("content-length")) {
                        fields.remove(name);
                    }
                }
            }
        }
        for (CharSequence name : HOP_BY_HOP) {
            fields.remove(name);
        }
        return this;
    }

    @Override
    public @Nullable String get(String name) {
        return fields.get(name);
    }

    @Override
    public List<String> all(String name) {
        return List.copyOf(fields.getAll(name));
    }

    @Override
    public void set(String name, String value) {
        changes++;
        fields.set(checkName(name), checkValue(name, value));
    }

    @Override
    public void add(String name, String value) {
        changes++;
        fields.add(checkName(name), checkValue(name, value));
    }

    @Override
    public void remove(String name) {
        changes++;
        fields.remove(name);
    }

    @Override
    public Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        for (Map.Entry<String, String> field : fields) {
            names.add(field.getKey().toLowerCase(Locale.ROOT));
        }
        return Collections.unmodifiableSet(names);
    }

    private static String checkName(String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a header needs a name");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == ':') {
                throw new IllegalArgumentException("'" + name + "' is no header name (RFC 9110, section 5.1)");
            }
        }
        return name;
    }

    private static String checkValue(String name, String value) {
        Objects.requireNonNull(value, name);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\r' || c == '\n' || c == 0) {
                throw new IllegalArgumentException("the value of header " + name + " holds a line end or NUL");
            }
        }
        return value;
    }

    @Override
    public String toString() {
        return names().toString();
    }
}
