package dev.sluice.host.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A whole sluice.yaml, checked: every value bound and defaulted, every filter found among the installed plugins and its
 * config bound to its record. Immutable.
 *
 * @param file the file it was read from
 * @param shown the file as a tree for the admin API: {@code ${…}} as written, secrets masked
 * @param marks where each value stands; paths count over the file and those it includes, places name their own file
 */
public record Config(
        Path file,
        Listen listen,
        Admin admin,
        Plugins plugins,
        State state,
        Drain drain,
        String accessLog,
        List<ConsumerConfig> consumers,
        Map<String, ProviderConfig> providers,
        List<FilterUse> filters,
        List<RouteConfig> routes,
        ObjectNode shown,
        Marks marks) {

    /**
     * The data port.
     *
     * @param http2 whether HTTP/2 is offered (ALPN with TLS, prior knowledge and upgrade without)
     * @param keepAlive silence after which an open stream gets a comment
     * @param responseHeaders whether {@code x-sluice-*} headers are added to answers
     */
    public record Listen(
            String host,
            int port,
            @Nullable TlsServer tls,
            boolean http2,
            @Nullable Cors cors,
            Limits limits,
            Duration keepAlive,
            boolean responseHeaders) {}

    /** PEM files. */
    public record TlsServer(Path cert, Path key) {}

    /** Browsers that may call. */
    public record Cors(List<String> origins, List<String> headers, Duration maxAge) {}

    /**
     * What one exchange may hold.
     *
     * @param head bytes of a request's head
     * @param body bytes of a body that is read whole
     * @param depth nesting of JSON
     * @param buffer bytes held back before acceptance, in slots, and of one event
     * @param buffered bytes held by all exchanges together
     * @param connections open client connections
     */
    public record Limits(int head, long body, int depth, int buffer, long buffered, int connections) {}

    /** The admin port. */
    public record Admin(
            String host, int port, @Nullable String token, boolean upload, boolean openMetrics, List<String> hosts) {}

    /** Where jars come from; {@code trust}, if not empty, lists the SHA-256 sums that may be loaded. */
    public record Plugins(Path dir, List<String> trust) {}

    /** Where shared state lives; null: in memory. */
    public record State(@Nullable RedisConfig redis) {}

    /** How long what is under way may take to finish. */
    public record Drain(Duration swap, Duration shutdown) {}

    /** Somebody who may call. */
    public record ConsumerConfig(String name, List<String> credentials, List<String> groups) {}

    /**
     * A provider's common fields, and its whole tree for the filter that declares its type.
     *
     * @param endpoints base URLs, from {@code endpoints}, {@code baseUrl} or the type's default; empty for a provider
     *     built into its filter
     * @param credentials each as its fields; a plain token has the one field {@code token}
     * @param path where it stands in the file, for errors: {@code providers.qwen}
     */
    public record ProviderConfig(
            String name,
            String type,
            List<URI> endpoints,
            List<Map<String, String>> credentials,
            Map<String, String> modelMapping,
            String loadBalance,
            Health health,
            Timeouts timeouts,
            @Nullable TlsClient tls,
            String http2,
            ObjectNode tree,
            String path) {}

    /** How a provider's endpoints are kept healthy; what is null is not done. */
    public record Health(
            @Nullable PassiveHealth passive, @Nullable ActiveHealth active) {}

    /**
     * When an endpoint is out because of what became of requests.
     *
     * @param failureRate percent of the requests within {@code interval} that may not fail
     * @param minRequests within {@code interval}; below, nothing is concluded
     * @param baseEjection how long it is out for the first time, twice that the second time in a row, and so on
     * @param maxEjection the longest; where {@code baseEjection} is longer, that
     * @param maxEjected percent of the endpoints that may be out at once
     */
    public record PassiveHealth(
            int failureRate,
            Duration interval,
            int minRequests,
            Duration baseEjection,
            Duration maxEjection,
            int maxEjected) {}

    /**
     * How endpoints are asked whether they are there: a GET that any 2xx passes.
     *
     * @param path below the endpoint's base
     */
    public record ActiveHealth(
            String path, Duration interval, Duration timeout, int failureThreshold, int successThreshold) {}

    /** How to trust, and present ourselves to, an upstream. */
    public record TlsClient(
            @Nullable Path ca,
            @Nullable Path cert,
            @Nullable Path key,
            boolean insecure) {}

    /** Deadlines; null: not given here, somebody else's or the default holds. */
    public record Timeouts(
            @Nullable Duration connect,
            @Nullable Duration firstEvent,
            @Nullable Duration answer,
            @Nullable Duration idle,
            @Nullable Duration total,
            @Nullable Duration hook) {
        /** None given. */
        public static final Timeouts NONE = new Timeouts(null, null, null, null, null, null);
    }

    /**
     * A route.
     *
     * @param upstream for a plain reverse proxy; null where a filter picks the target
     * @param preserveHost whether a plain upstream sees the client's Host
     */
    public record RouteConfig(
            String name,
            Match match,
            Timeouts timeouts,
            int maxTries,
            @Nullable URI upstream,
            boolean preserveHost,
            List<FilterUse> filters,
            String path) {}

    /**
     * What a request must look like; an empty list or map asks for nothing.
     *
     * @param path a glob: {@code *} within a segment, {@code **} across segments; null: any
     * @param model globs over the model
     * @param headers exact values by lower-case name
     */
    public record Match(
            @Nullable String path,
            List<String> model,
            List<String> host,
            List<String> method,
            Map<String, String> headers) {}
}
