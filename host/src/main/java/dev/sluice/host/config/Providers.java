package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.sluice.host.config.Config.ProviderConfig;
import dev.sluice.host.plugin.Descriptor;
import dev.sluice.host.plugin.Descriptor.ProviderType;
import dev.sluice.host.plugin.PluginCatalog;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads providers, those written inline in a filter's config included, and follows who refers to them. */
final class Providers {
    private static final List<String> UNSUPPORTED = List.of("proxy");

    private record Declared(ProviderType type, CheckedSchema schema, List<String> addresses) {}

    private final Map<String, Declared> types = new TreeMap<>();
    private final Map<String, ProviderConfig> read = new LinkedHashMap<>();
    private final Map<String, String> paths = new LinkedHashMap<>();
    private final Map<String, String> references = new LinkedHashMap<>();
    private final Places places;
    private final List<Problem> problems;
    private final HostBinder binder;

    Providers(PluginCatalog catalog, Places places, List<Problem> problems) {
        this.places = places;
        this.problems = problems;
        this.binder = new HostBinder(places, problems);
        catalog.generations()
                .forEach(generation -> generation.filters().stream()
                        .filter(filter -> !filter.descriptor().providerTypes().isEmpty())
                        .filter(filter ->
                                catalog.find(filter.name(), null).orElseThrow().equals(filter))
                        .forEach(filter -> declare(filter.descriptor())));
    }

    private void declare(Descriptor descriptor) {
        CheckedSchema schema = CheckedSchema.of(ProviderSchemas.of(descriptor));
        descriptor.providerTypes().values().forEach(type -> {
            List<String> addresses = new ArrayList<>(type.builtIn() ? List.of() : descriptor.providerAddresses());
            addresses.addAll(type.addresses());
            Declared declared = new Declared(type, schema, addresses);
            types.putIfAbsent(type.name(), declared);
            type.aliases().forEach(alias -> types.putIfAbsent(alias, declared));
        });
    }

    /** Reads the providers that stand under {@code providers}. */
    void read(JsonNode providers) {
        providers.properties().forEach(provider -> {
            if (provider.getValue() instanceof ObjectNode tree) {
                read(provider.getKey(), tree, "providers." + provider.getKey());
            }
        });
    }

    /**
     * Notes every provider that a filter's config names, in the fields that its schema marks with {@code x-provider}; one
     * that stands there inline is read, and its name put in its place.
     *
     * @param route the name of the filter's route, which an inline provider takes; null outside of routes
     * @return the names
     */
    Set<String> refer(SchemaView schema, JsonNode config, String path, @Nullable String route) {
        Set<String> names = new LinkedHashSet<>();
        refer(schema, config, path, route, names);
        return names;
    }

    private void refer(SchemaView schema, JsonNode config, String path, @Nullable String route, Set<String> names) {
        schema.children(config, path, (child, value, at, replace) -> {
            if (!child.is("x-provider")) {
                refer(child, value, at, route, names);
            } else if (value instanceof ObjectNode inline) {
                String name = inline(inline.deepCopy(), at, route);
                replace.accept(TextNode.valueOf(name));
                names.add(name);
            } else if (value.isTextual()) {
                references.put(at, value.textValue());
                names.add(value.textValue());
            }
        });
    }

    private String inline(ObjectNode provider, String path, @Nullable String route) {
        JsonNode id = provider.remove("id");
        if (id != null && !id.isTextual()) {
            problems.add(places.problem(path + ".id", "expected text, got " + Shown.value(id) + ": put it in quotes"));
        }
        String name = id == null ? route : id.asText();
        if (name == null) {
            problems.add(places.problem(path, "a provider outside of routes needs a name: add 'id'"));
            return "";
        }
        references.put(path, name);
        String taken = paths.get(name);
        if (taken == null) {
            read(name, provider, path);
        } else {
            problems.add(places.problem(
                    path,
                    "a provider named " + places.quoted(path + ".id", name) + " stands at " + taken
                            + ": give this one another 'id'"));
        }
        return name;
    }

    /** Reports providers that are named and not there, and those that are there and never named. */
    void check(boolean allFiltersKnown) {
        references.forEach((path, name) -> {
            if (!paths.containsKey(name)) {
                String hint = Suggest.hint(name, paths.keySet());
                problems.add(places.problem(
                        path,
                        "no provider is named " + places.quoted(path, name) + (hint.isEmpty() ? "" : ", " + hint)));
            }
        });
        if (allFiltersKnown) {
            paths.forEach((name, path) -> {
                if (!references.containsValue(name)) {
                    problems.add(places.keyProblem(
                            path, "no filter refers to this provider: name it in a route, or remove it"));
                }
            });
        }
    }

    /** The providers that are right, by name, in file order. */
    Map<String, ProviderConfig> providers() {
        return read;
    }

    /** Masks the secrets of one provider as written. */
    void mask(ObjectNode written) {
        Declared declared = types.get(written.path("type").asText());
        SchemaView schema = SchemaView.of(
                declared == null ? ProviderSchemas.common() : declared.schema().source());
        Secrets.mask(schema, written);
    }

    private void read(String name, ObjectNode tree, String path) {
        paths.put(name, path);
        int before = problems.size();
        for (String key : UNSUPPORTED) {
            if (tree.remove(key) != null) {
                problems.add(places.keyProblem(path + '.' + key, "'" + key + "' is not supported yet: remove it"));
            }
        }
        Declared declared = types.get(tree.path("type").asText());
        CheckedSchema schema = declared == null ? CheckedSchema.of(ProviderSchemas.common()) : declared.schema();
        SchemaView view = SchemaView.of(schema.source());
        new Aliases(places, problems).resolve(view, tree, path);
        new Formats(places, problems).check(view, tree, path);
        new SchemaCheck(places, problems).check(schema, tree, path);
        if (declared == null) {
            unknownType(tree.path("type"), path);
            return;
        }
        if (declared.type().unsupported()) {
            problems.add(places.problem(
                    path + ".type", "the type '" + declared.type().name() + "' is not supported yet: use another"));
            return;
        }
        List<URI> endpoints = endpoints(tree, declared, path);
        List<Map<String, String>> credentials = credentials(tree, path);
        if (problems.size() > before) {
            return;
        }
        Defaults.fill(SchemaView.certain(schema.source()), tree);
        ProviderConfig provider = new ProviderConfig(
                name,
                declared.type().name(),
                endpoints,
                credentials,
                HostBinder.texts(tree.path("modelMapping")),
                tree.get("loadBalance").asText(),
                HostBinder.health(tree.path("health"), endpoints.size()),
                binder.timeouts(tree.path("timeouts")),
                binder.tlsClient(tree.path("tls"), path + ".tls"),
                tree.get("http2").asText(),
                tree,
                path);
        new ModelMappings(places, problems).check(provider.modelMapping(), path + ".modelMapping");
        read.put(name, provider);
    }

    private void unknownType(JsonNode type, String path) {
        if (type.isTextual()) {
            Set<String> known = new TreeSet<>(types.keySet());
            known.removeIf(
                    name -> Objects.requireNonNull(types.get(name)).type().unsupported());
            String hint = Suggest.hint(type.textValue(), known);
            problems.add(places.problem(
                    path + ".type",
                    "no installed filter knows the provider type " + places.quoted(path + ".type", type.textValue())
                            + (hint.isEmpty() ? "" : ", " + hint)));
        }
    }

    private List<URI> endpoints(ObjectNode tree, Declared declared, String path) {
        ProviderType type = declared.type();
        if (tree.has("baseUrl") && tree.has("endpoints")) {
            problems.add(places.keyProblem(path + ".endpoints", "given beside 'baseUrl': keep one"));
            return List.of();
        }
        List<URI> endpoints = new ArrayList<>();
        Addresses.Given given = Addresses.given(declared.addresses(), tree);
        if (tree.has("baseUrl")) {
            Formats.uri(tree.get("baseUrl").asText()).ifPresent(endpoints::add);
        } else if (tree.has("endpoints")) {
            tree.get("endpoints")
                    .forEach(endpoint -> Formats.uri(endpoint.asText()).ifPresent(endpoints::add));
        } else if (given != null) {
            address(given, tree, path + '.' + given.field()).ifPresent(endpoints::add);
        } else if (type.baseUrl() != null) {
            endpoints.add(URI.create(type.baseUrl()));
        } else if (!type.builtIn()) {
            String fields = String.join(
                    "",
                    Addresses.fields(type.addresses()).stream()
                            .map(field -> "'" + field + "', ")
                            .toList());
            problems.add(places.problem(
                    path,
                    "the type '" + type.name() + "' has no address of its own: add " + fields
                            + "'baseUrl' or 'endpoints'"));
        }
        return List.copyOf(endpoints);
    }

    private Optional<URI> address(Addresses.Given given, ObjectNode tree, String path) {
        if (Formats.converted(TextNode.valueOf(given.origin()), "base-url", "") == null) {
            String written = places.written(path);
            JsonNode value = tree.path(given.field());
            problems.add(places.problem(
                    path,
                    "expected a host or a URL, got "
                            + (written == null ? Shown.value(value) : "the value of " + written)));
            return Optional.empty();
        }
        return Formats.uri(given.origin());
    }

    private List<Map<String, String>> credentials(ObjectNode tree, String path) {
        if (tree.has("apiTokens") && tree.has("credentials")) {
            problems.add(places.keyProblem(path + ".credentials", "given beside 'apiTokens': keep one"));
        }
        List<Map<String, String>> credentials = new ArrayList<>();
        JsonNode given = tree.has("apiTokens") ? tree.get("apiTokens") : tree.path("credentials");
        Map<JsonNode, Integer> seen = new HashMap<>();
        for (int i = 0; i < given.size(); i++) {
            JsonNode credential = given.get(i);
            ObjectNode fields = credential instanceof ObjectNode object
                    ? object
                    : JsonNodeFactory.instance.objectNode().set("token", credential);
            if (seen.putIfAbsent(fields, i) != null) {
                String key = tree.has("apiTokens") ? ".apiTokens" : ".credentials";
                problems.add(places.problem(
                        path + key + '[' + i + ']',
                        "the same as number " + (seen.get(fields) + 1) + " of this list: remove one"));
            }
            credentials.add(HostBinder.texts(fields));
        }
        return List.copyOf(credentials);
    }
}
