package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.host.config.Config.ActiveHealth;
import dev.sluice.host.config.Config.Admin;
import dev.sluice.host.config.Config.ConsumerConfig;
import dev.sluice.host.config.Config.Cors;
import dev.sluice.host.config.Config.Drain;
import dev.sluice.host.config.Config.Health;
import dev.sluice.host.config.Config.Limits;
import dev.sluice.host.config.Config.Listen;
import dev.sluice.host.config.Config.Match;
import dev.sluice.host.config.Config.PassiveHealth;
import dev.sluice.host.config.Config.Plugins;
import dev.sluice.host.config.Config.RouteConfig;
import dev.sluice.host.config.Config.State;
import dev.sluice.host.config.Config.Timeouts;
import dev.sluice.host.config.Config.TlsClient;
import dev.sluice.host.config.Config.TlsServer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Makes the host's own parts of a {@link Config} of trees that the schema has accepted and filled with defaults. */
final class HostBinder {
    private static final int BUFFERED_SHARE_OF_HEAP = 4;

    private final Places places;
    private final List<Problem> problems;

    HostBinder(Places places, List<Problem> problems) {
        this.places = places;
        this.problems = problems;
    }

    Listen listen(JsonNode tree) {
        JsonNode cors = tree.get("cors");
        return new Listen(
                tree.path("host").asText(),
                tree.path("port").asInt(),
                tlsServer(tree.path("tls")),
                tree.path("http2").asBoolean(),
                cors == null
                        ? null
                        : new Cors(list(cors.path("origins")), list(cors.path("headers")), duration(cors, "maxAge")),
                limits(tree.path("limits")),
                duration(tree, "keepAlive"),
                tree.path("responseHeaders").asText().equals("all"));
    }

    private static Limits limits(JsonNode tree) {
        long heap = Runtime.getRuntime().maxMemory();
        return new Limits(
                tree.path("head").asInt(),
                tree.path("body").asLong(),
                tree.path("depth").asInt(),
                tree.path("buffer").asInt(),
                tree.path("buffered").asLong(heap / BUFFERED_SHARE_OF_HEAP),
                tree.path("connections").asInt());
    }

    private @Nullable TlsServer tlsServer(JsonNode tree) {
        Path cert = file(tree.get("cert"), "listen.tls.cert");
        Path key = file(tree.get("key"), "listen.tls.key");
        return cert == null || key == null ? null : new TlsServer(cert, key);
    }

    @Nullable
    TlsClient tlsClient(JsonNode tree, String path) {
        return tree.isMissingNode()
                ? null
                : new TlsClient(
                        file(tree.get("ca"), path + ".ca"),
                        file(tree.get("cert"), path + ".cert"),
                        file(tree.get("key"), path + ".key"),
                        tree.path("insecure").asBoolean());
    }

    Admin admin(JsonNode tree, Listen listen) {
        Admin admin = new Admin(
                tree.path("host").asText(),
                tree.path("port").asInt(),
                tree.path("token").textValue(),
                tree.path("upload").asBoolean(),
                tree.path("openMetrics").asBoolean(),
                list(tree.path("hosts")));
        if (admin.token() == null && !isLoopback(admin.host())) {
            problems.add(places.problem(
                    "admin.host",
                    "others than this machine can reach " + admin.host() + ": set admin.token, or use 127.0.0.1"));
        }
        if (admin.token() == null && admin.upload()) {
            problems.add(places.problem("admin.upload", "uploading a jar is running its code: set admin.token"));
        }
        boolean sameHost = admin.host().equals(listen.host()) || isAny(admin.host()) || isAny(listen.host());
        if (admin.port() != 0 && admin.port() == listen.port() && sameHost) {
            problems.add(places.problem("admin.port", "the data port (listen.port) is the same: choose another"));
        }
        return admin;
    }

    /** By its text alone: to look a name up could take long, and mean something else tomorrow. */
    private static boolean isLoopback(String host) {
        return host.equals("localhost")
                || host.matches("127(\\.[0-9]{1,3}){3}")
                || host.equals("::1")
                || host.equals("[::1]");
    }

    private static boolean isAny(String host) {
        return host.equals("0.0.0.0") || host.equals("::") || host.equals("[::]");
    }

    /**
     * Where plugins come from; read before anything else, since all else is checked by them.
     *
     * @param tree may be wrong
     * @param standard the directory where none is given
     */
    Plugins plugins(JsonNode tree, Path standard) {
        Path dir = tree.path("dir").isTextual() ? resolved(tree.get("dir").textValue(), "plugins.dir") : null;
        if (dir != null && !Files.isDirectory(dir)) {
            problems.add(places.problem(
                    "plugins.dir",
                    "there is no directory " + places.quoted("plugins.dir", dir) + ": create it, or name another"));
        }
        return new Plugins(dir == null ? standard : dir, list(tree.path("trust")));
    }

    State state(JsonNode tree) {
        JsonNode redis = tree.path("redis");
        return new State(redis.isMissingNode() ? null : redis(redis, "state.redis"));
    }

    /** Null if anything is wrong with it. */
    @Nullable
    RedisConfig redis(JsonNode tree, String path) {
        return new RedisReader(places, problems, tree, path, tlsClient(tree.path("tls"), path + ".tls")).read();
    }

    Drain drain(JsonNode tree) {
        return new Drain(duration(tree, "swap"), duration(tree, "shutdown"));
    }

    String accessLog(JsonNode tree) {
        String text = tree.asText();
        if (text.equals("stdout") || text.equals("off")) {
            return text;
        }
        Path file = resolved(text, "accessLog");
        if (file != null && Files.isDirectory(file)) {
            problems.add(places.problem(
                    "accessLog", places.quoted("accessLog", file) + " is a directory: name a file, or stdout, or off"));
        }
        return String.valueOf(file);
    }

    List<ConsumerConfig> consumers(JsonNode tree) {
        List<ConsumerConfig> consumers = new ArrayList<>();
        Map<String, String> names = new HashMap<>();
        Map<String, String> owners = new HashMap<>();
        for (int i = 0; i < tree.size(); i++) {
            String path = "consumers[" + i + "]";
            JsonNode one = tree.get(i);
            ConsumerConfig consumer = new ConsumerConfig(
                    one.path("name").asText(), list(one.path("credentials")), list(one.path("groups")));
            consumers.add(consumer);
            String before = names.putIfAbsent(consumer.name(), path);
            if (before != null) {
                problems.add(places.problem(
                        path + ".name",
                        places.quoted(path + ".name", consumer.name()) + " is already the name of " + before
                                + ": choose another"));
            }
            for (int j = 0; j < consumer.credentials().size(); j++) {
                String owner = owners.putIfAbsent(consumer.credentials().get(j), path);
                if (owner != null) {
                    problems.add(places.problem(
                            path + ".credentials[" + j + "]", owner + " has the same credential: give each its own"));
                }
            }
        }
        return List.copyOf(consumers);
    }

    /** Several endpoints take note of failures unless told not to; half of them stay in then, whatever happens. */
    static Health health(JsonNode tree, int endpoints) {
        JsonNode active = tree.path("active");
        return new Health(
                passive(tree.path("passive"), endpoints),
                active.isObject()
                        ? new ActiveHealth(
                                active.path("path").asText(),
                                duration(active, "interval"),
                                duration(active, "timeout"),
                                active.path("failureThreshold").asInt(),
                                active.path("successThreshold").asInt())
                        : null);
    }

    private static @Nullable PassiveHealth passive(JsonNode tree, int endpoints) {
        if (tree.isObject()) {
            return new PassiveHealth(
                    tree.path("failureRate").asInt(),
                    duration(tree, "interval"),
                    tree.path("minRequests").asInt(),
                    duration(tree, "baseEjection"),
                    duration(tree, "maxEjection"),
                    tree.path("maxEjected").asInt());
        }
        boolean asked = tree.asBoolean(false);
        return asked || (tree.isMissingNode() && endpoints > 1) ? usual(asked ? 100 : 50) : null;
    }

    private static PassiveHealth usual(int maxEjected) {
        return new PassiveHealth(
                50, Duration.ofSeconds(1), 5, Duration.ofSeconds(5), Duration.ofMinutes(1), maxEjected);
    }

    Timeouts timeouts(JsonNode tree) {
        return tree.isMissingNode()
                ? Timeouts.NONE
                : new Timeouts(
                        optional(tree, "connect"),
                        optional(tree, "firstEvent"),
                        optional(tree, "answer"),
                        optional(tree, "idle"),
                        optional(tree, "total"),
                        optional(tree, "hook"));
    }

    RouteConfig route(JsonNode tree, String name, List<FilterUse> filters, String path) {
        return new RouteConfig(
                name,
                match(tree.path("match")),
                timeouts(tree.path("timeouts")),
                tree.path("maxTries").asInt(),
                Formats.uri(tree.path("upstream").asText()).orElse(null),
                tree.path("preserveHost").asBoolean(),
                filters,
                path);
    }

    private static Match match(JsonNode tree) {
        Map<String, String> headers = new TreeMap<>();
        tree.path("headers")
                .properties()
                .forEach(header -> headers.put(
                        header.getKey().toLowerCase(Locale.ROOT),
                        header.getValue().asText()));
        return new Match(
                tree.path("path").textValue(),
                list(tree.path("model")),
                list(tree.path("host")).stream()
                        .map(host -> host.toLowerCase(Locale.ROOT))
                        .toList(),
                list(tree.path("method")),
                Collections.unmodifiableMap(headers));
    }

    /** A single text or a list of texts. */
    static List<String> list(JsonNode node) {
        if (node.isTextual()) {
            return List.of(node.textValue());
        }
        List<String> texts = new ArrayList<>();
        node.forEach(text -> texts.add(text.asText()));
        return List.copyOf(texts);
    }

    /** A mapping of texts, in its order. */
    static Map<String, String> texts(JsonNode node) {
        Map<String, String> texts = new LinkedHashMap<>();
        if (node instanceof ObjectNode object) {
            object.properties()
                    .forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
        }
        return Collections.unmodifiableMap(texts);
    }

    private static Duration duration(JsonNode tree, String key) {
        return Objects.requireNonNull(optional(tree, key), key);
    }

    private static @Nullable Duration optional(JsonNode tree, String key) {
        return Units.duration(tree.path(key).asText());
    }

    /** A file that must be there. */
    private @Nullable Path file(@Nullable JsonNode node, String path) {
        Path file = node == null ? null : resolved(node.asText(), path);
        if (file != null && !Files.isReadable(file)) {
            problems.add(places.problem(
                    path,
                    "there is no file " + places.quoted(path, file) + " that may be read: check path and permissions"));
        }
        return file;
    }

    /** Relative to the file that it is written in. */
    private @Nullable Path resolved(String text, String path) {
        try {
            return Path.of(places.fileOf(path)).resolveSibling(text);
        } catch (InvalidPathException e) {
            problems.add(places.problem(path, places.quoted(path, text) + " is not a path"));
            return null;
        }
    }
}
