package dev.sluice.host.plugin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a filter says of itself in {@code META-INF/sluice/<filter>.json}.
 *
 * <p>Its schemas are JSON Schema 2020-12, self-contained, with these additions. A {@code format} of {@code duration}
 * ({@code 5s}; with {@code "x-unit": "s" | "ms"} a bare number, too), {@code size} ({@code 32MiB}, bound as bytes),
 * {@code uri} or {@code base-url} says all of a value but its {@code default}, {@code x-positive} and
 * {@code x-maximum} (of a size), and must not be one branch of a choice. {@code x-aliases} lists a property's other
 * spellings: a name, or <code>{"name": …, "unit": "s" | "ms"}</code>. {@code "x-provider": true} marks text that is a
 * provider's name. {@code "x-redis": true} marks one property of the whole config as a Redis of the filter's own, which the
 * host reads. {@code "writeOnly": true} marks secrets. {@code x-expected} is how a message names what is expected.
 * A schema that names properties and does not speak of others takes no others.
 *
 * @param filter its name
 * @param schema JSON Schema 2020-12 of its config
 * @param aliases other names under which a route may list it
 * @param before filters that this one must stand before, where a chain has them
 * @param after filters that this one must stand after, where a chain has them
 * @param requires what a chain must have after this one for it to do anything: filter names, any one of them; the word
 *     {@code target} stands for every filter that picks the target
 * @param picksTarget whether it picks where a request goes, so that a route with it needs no {@code upstream}
 * @param mediaTypes media types of bodies it wants to see beyond JSON, as globs
 * @param providerTypes the provider types it declares, by name; empty for most filters
 * @param providerAddresses address templates, as {@link ProviderType#addresses}, of every type that is not built in; they
 *     come before a type's own
 * @param providerSchema JSON Schema of a provider's type-specific fields, where it declares types
 */
public record Descriptor(
        String filter,
        ObjectNode schema,
        List<String> aliases,
        List<String> before,
        List<String> after,
        List<String> requires,
        boolean picksTarget,
        List<String> mediaTypes,
        Map<String, ProviderType> providerTypes,
        List<String> providerAddresses,
        @Nullable ObjectNode providerSchema) {

    /**
     * A provider type.
     *
     * @param baseUrl where it is reached unless configured; null: must be configured, or built in
     * @param builtIn whether the filter answers itself, without an upstream
     * @param addresses where it is by fields of the provider, as <code>https://{itsDomain}</code>: the first whose fields
     *     are all given holds. A value with a scheme brings its own; its path and query are the filter's matter
     * @param aliases other names of the type
     * @param unsupported whether it is known by name only, so that a config with it is refused
     */
    public record ProviderType(
            String name,
            @Nullable String baseUrl,
            boolean builtIn,
            List<String> addresses,
            List<String> aliases,
            boolean unsupported) {}
}
