package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Provider;
import dev.sluice.api.UpstreamRequest;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A provider's type with what its config changes in it: made once per provider, and shared by all tries. Thread-safe. */
final class Vendor {
    /** What a deployment's name is put in the place of. */
    static final String MODEL = "{model}";

    private static final Set<String> OURS =
            Set.of("host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer");

    private final VendorRow row;
    private final Auth auth;
    private final Map<String, String> headers;
    private final VendorPaths paths;
    private final @Nullable String query;
    private final ChatOptions options;
    private final EitherModeUpstream.Mode mode;
    private final Map<String, Map<Api, String>> located = new ConcurrentHashMap<>();

    private Vendor(
            VendorRow row,
            Auth auth,
            Map<String, String> headers,
            VendorPaths paths,
            @Nullable String query,
            ChatOptions options,
            EitherModeUpstream.Mode mode) {
        this.options = options;
        this.mode = mode;
        this.row = row;
        this.auth = auth;
        this.headers = headers;
        this.paths = paths;
        this.query = query;
    }

    /**
     * The provider's.
     *
     * @throws IllegalArgumentException if its config cannot work; the message says why
     */
    static Vendor of(Provider provider, VendorRow row) {
        JsonNode config = provider.config();
        if (!config.path("qwenEnableCompatible").asBoolean(true)) {
            throw new IllegalArgumentException(
                    "'qwenEnableCompatible: false', the vendor's native API, is not supported yet: remove it");
        }
        JsonNode placed = config.has("auth") ? config.path("auth") : row.auth();
        Auth auth = placed == null ? Auth.BEARER : Auth.of(placed);
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.putAll(row.headers());
        config.path("headers").properties().forEach(field -> {
            if (OURS.contains(field.getKey().toLowerCase(java.util.Locale.ROOT))) {
                throw new IllegalArgumentException(
                        "'headers' cannot set '" + field.getKey() + "', which the gateway itself sets: remove it");
            }
            headers.put(field.getKey(), field.getValue().asText());
        });
        AzureUrl azure = provider.type().equals("azure") ? AzureUrl.of(config.path("azureServiceUrl")) : null;
        VendorPaths paths = VendorPaths.of(provider, row, azure);
        return new Vendor(
                row,
                auth,
                headers,
                paths,
                azure == null ? null : azure.query(),
                ChatOptions.of(provider, row.isAnthropics()),
                EitherModeUpstream.Mode.of(provider));
    }

    VendorRow row() {
        return row;
    }

    Auth auth() {
        return auth;
    }

    /** In which modes it answers chats. */
    EitherModeUpstream.Mode mode() {
        return mode;
    }

    ChatOptions options() {
        return options;
    }

    /** Whether it has an operation. */
    boolean has(Api api) {
        return paths.has(api);
    }

    /** Whether a request for it needs a model: its path has a place for the name. */
    boolean wantsModel(@Nullable Api api) {
        return api != null && paths.isByModel(api);
    }

    /**
     * Aims a request at the vendor's path, and adds its own header fields and query.
     *
     * @param api null: an operation that is not known here
     * @param model for a path that holds it
     */
    void aim(UpstreamRequest request, @Nullable Api api, @Nullable String model) {
        URI uri = request.uri();
        String base = VendorPaths.base(uri);
        String path = request.path();
        String full;
        if (api == null || row.asIs()) {
            full = paths.unknown(path, uri);
        } else {
            String at = located.computeIfAbsent(base, paths::below).get(api);
            full = at == null ? paths.unknown(path, uri) : paths.isFixed() ? at : at + api.rest(path);
        }
        if (model != null && full.contains(MODEL)) {
            full = full.replace(
                    MODEL, URLEncoder.encode(model, StandardCharsets.UTF_8).replace("+", "%20"));
        }
        if (full.startsWith(base + '/')) {
            request.path(full.substring(base.length()));
        } else {
            if (uri != null) {
                request.uri(URI.create(uri.getScheme() + "://" + uri.getRawAuthority()));
            }
            request.path(full);
        }
        if (query != null) {
            String own = request.query();
            request.query(own == null || own.isEmpty() ? query : own + '&' + query);
        }
    }

    /** Sets the vendor's own header fields; after the key, which a config may want to write itself. */
    void headers(UpstreamRequest request) {
        headers.forEach(request.headers()::set);
    }
}
