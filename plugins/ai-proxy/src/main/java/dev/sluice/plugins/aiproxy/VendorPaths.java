package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Provider;
import java.net.URI;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where a vendor's operations are, whatever base it is reached at. Immutable. */
final class VendorPaths {
    private static final Pattern FIELD = Pattern.compile("\\{(\\w+)}");
    private static final Pattern VERSION_AT_END = Pattern.compile("(?:.*)(/v[0-9][0-9a-z]*)$");

    /** What a path begins at. */
    private enum From {
        /** The vendor's base: a base without its version gets it. */
        ROOT,
        /** The base as it is configured. */
        BASE,
        /** The host. */
        HOST
    }

    private record Place(From from, String path) {}

    private final Map<Api, Place> places;
    private final String root;
    private final boolean fixed;
    private final String removed;
    private final List<String> prefixes;

    private VendorPaths(Map<Api, Place> places, String root, boolean fixed, String removed, List<String> prefixes) {
        this.places = places;
        this.root = root;
        this.fixed = fixed;
        this.removed = removed;
        this.prefixes = prefixes;
    }

    static VendorPaths of(Provider provider, VendorRow row, @Nullable AzureUrl azure) {
        JsonNode config = provider.config();
        CustomUrl custom = CustomUrl.of(config);
        boolean hosts = azure != null || custom != null;
        String root = hosts ? "" : root(row.root(), provider);
        Map<Api, Place> places = new EnumMap<>(Api.class);
        for (Api api : row.open() ? List.of(Api.values()) : row.serves()) {
            if (azure != null) {
                places.put(api, new Place(From.HOST, azure.path(api)));
            } else if (custom != null) {
                places.put(api, new Place(From.HOST, custom.path(api)));
            } else {
                places.put(api, new Place(From.ROOT, api.path()));
            }
        }
        places.keySet().removeIf(api -> row.open() && api.isAnthropics());
        boolean elsewhere = provider.endpoints().stream().anyMatch(uri -> isElsewhere(base(uri), root));
        add(row, elsewhere, places);
        row.when().forEach((field, more) -> {
            if (config.path(field).asBoolean(false)) {
                add(more, elsewhere, places);
            }
        });
        configured(config, places);
        boolean fixed = (azure != null && azure.isFixed()) || (custom != null && custom.isFixed());
        String basePath = config.path("basePath").asText("");
        boolean prepends = config.path("basePathHandling").asText().equals("prepend");
        return new VendorPaths(
                places,
                root,
                fixed,
                prepends ? "" : trimmed(basePath),
                List.of(
                        prepends ? trimmed(basePath) : "",
                        trimmed(config.path("providerBasePath").asText(""))));
    }

    private static void add(VendorRow row, boolean elsewhere, Map<Api, Place> places) {
        row.paths().forEach((api, path) -> places.put(api, new Place(From.ROOT, path)));
        if (!elsewhere) {
            row.besides().forEach((api, path) -> places.put(api, new Place(From.HOST, path)));
        }
    }

    private static void configured(JsonNode config, Map<Api, Place> places) {
        if (config.has("paths") && config.has("capabilities")) {
            throw new IllegalArgumentException(
                    "'capabilities' is another spelling of 'paths', which is given too: keep one");
        }
        config.path("paths").properties().forEach(entry -> {
            Api api = Api.of(entry.getKey());
            if (entry.getValue().isTextual()) {
                places.put(api, new Place(From.BASE, entry.getValue().textValue()));
            } else if (entry.getValue().asBoolean()) {
                throw new IllegalArgumentException("'paths." + entry.getKey() + "' is a path, or false: not true");
            } else {
                places.remove(api);
            }
        });
        config.path("capabilities")
                .properties()
                .forEach(entry -> Arrays.stream(Api.values())
                        .filter(api -> entry.getKey().equals(api.capability()))
                        .forEach(api -> places.put(
                                api, new Place(From.HOST, entry.getValue().asText()))));
    }

    private static String root(@Nullable String template, Provider provider) {
        if (template == null) {
            return "";
        }
        Matcher field = FIELD.matcher(template);
        if (!field.find()) {
            return trimmed(template);
        }
        String value = provider.config().path(field.group(1)).asText("");
        boolean elsewhere =
                provider.config().has("baseUrl") || provider.config().has("endpoints");
        if (value.isEmpty() && !elsewhere) {
            throw new IllegalArgumentException(
                    "the type " + provider.type() + " needs '" + field.group(1) + "': add it");
        }
        return value.isEmpty() ? "" : template.replace(field.group(), value);
    }

    boolean has(Api api) {
        return places.containsKey(api);
    }

    boolean isByModel(Api api) {
        Place place = places.get(api);
        return place != null && place.path.contains(Vendor.MODEL);
    }

    /** Whether every request goes to one path, with nothing behind it. */
    boolean isFixed() {
        return fixed;
    }

    /** The whole path of each operation, for an endpoint with that path. */
    Map<Api, String> below(String base) {
        Map<Api, String> paths = new EnumMap<>(Api.class);
        places.forEach((api, place) -> paths.put(api, prefixed(at(place, base))));
        return paths;
    }

    private String at(Place place, String base) {
        boolean whole = base.endsWith(root);
        return switch (place.from) {
            case ROOT -> joined(whole || isElsewhere(base, root) ? base : base + root, place.path);
            case BASE -> place.path.startsWith(base + '/') ? place.path : joined(base, place.path);
            case HOST -> (whole ? base.substring(0, base.length() - root.length()) : base) + place.path;
        };
    }

    /** A path that nothing is known of: what stands before {@code /v1} belongs to the gateway. */
    String unknown(String path, @Nullable URI uri) {
        boolean removes = !removed.isEmpty() && path.startsWith(removed + '/');
        String left = removes ? path.substring(removed.length()) : path;
        return prefixed(base(uri) + Paths.upstream(left, uri));
    }

    private String prefixed(String path) {
        String prefixed = path;
        for (String prefix : prefixes) {
            if (!prefix.isEmpty() && !prefixed.equals(prefix) && !prefixed.startsWith(prefix + '/')) {
                prefixed = prefix + prefixed;
            }
        }
        return prefixed;
    }

    /** A base that ends in another version than the vendor's: what is beside that one is not known to be there. */
    private static boolean isElsewhere(String base, String root) {
        return !base.endsWith(root) && VERSION_AT_END.matcher(base).matches();
    }

    /** Behind each other, a version that ends the one and begins the other once. */
    private static String joined(String base, String path) {
        Matcher version = VERSION_AT_END.matcher(base);
        return version.matches() && path.startsWith(version.group(1) + '/')
                ? base + path.substring(version.group(1).length())
                : base + path;
    }

    /** The path of an endpoint, without a slash at its end. */
    static String base(@Nullable URI uri) {
        return uri == null || uri.getRawPath() == null ? "" : trimmed(uri.getRawPath());
    }

    private static String trimmed(String path) {
        int end = path.length();
        while (end > 0 && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(0, end);
    }
}
