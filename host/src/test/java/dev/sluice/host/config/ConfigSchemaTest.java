package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.sluice.host.plugin.PluginCatalog;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigSchemaTest {
    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private static List<Error> errors(JsonNode schema, String yaml) {
        Document document = YamlFile.read(
                "sluice.yaml",
                Path.of(""),
                yaml,
                new Placeholders(name -> null, new java.util.HashSet<>()),
                new java.util.ArrayList<>());
        Schema compiled = REGISTRY.getSchema(schema);
        return compiled.validate(document.tree());
    }

    @Test
    void itIsAJsonSchemaAndHoldsNothingOnlyWeUnderstand() {
        ObjectNode schema = ConfigSchema.of(TestFilters.catalog());

        assertThat(REGISTRY.getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"))
                        .validate(schema))
                .isEmpty();
        assertThat(schema.toString()).doesNotContainPattern("\"x-[a-z]+\":").doesNotContain("\"format\":\"duration\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "filters: [{ cache: { ttl: 5s, cacheTTL: 5, ttl_ms: 90, rules: [{ limit_by: a }] } }, { ai-cache: }]",
                "filters: [{ use: cache, version: \"1.4\", config: { ttl: 1h }, onError: skip }]",
                "filters: [{ ai-proxy: { provider: p } }, { ai-proxy: { provider: { type: vllm } } }]",
                "providers: { p: { type: vllm, baseUrl: \"http://h:1\", awsRegion: a, echo_tokens: 5, http2: true } }",
                "listen: { limits: { body: 32MiB }, keepAlive: 15s }",
            })
    void whatTheLoaderTakesItTakes(String yaml) {
        assertThat(errors(ConfigSchema.of(TestFilters.catalog()), "routes: []\n" + yaml))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "filters: [{ ghost: {} }]",
                "filters: [{ cache: { tll: 5s } }]",
                "filters: [{ cache: { maxAge: 5 } }]",
                "filters: [{ use: cache, config: { tll: 1h } }]",
                "filters: [{ use: ghost }]",
                "providers: { p: { type: opnai } }",
                "providers: { p: { type: openai, awsRegin: a } }",
                "listen: { limits: { body: 32 } }",
                "listen: { keepAlive: 15 }",
                "lisen: {}",
            })
    void whatTheLoaderRefusesItRefuses(String yaml) {
        assertThat(errors(ConfigSchema.of(TestFilters.catalog()), "routes: []\n" + yaml))
                .isNotEmpty();
    }

    @Test
    void otherSpellingsAreDeprecatedProperties() {
        JsonNode definitions = ConfigSchema.of(TestFilters.catalog()).path("$defs");
        assertThat(definitions
                        .at("/filter-cache/properties/cacheTTL/deprecated")
                        .asBoolean())
                .isTrue();
        assertThat(definitions
                        .at("/filter-cache/properties/cacheTTL/description")
                        .asText())
                .isEqualTo("Another spelling of 'ttl'.");
        assertThat(definitions.at("/filter/properties/ai-cache/deprecated").asBoolean())
                .isTrue();
        assertThat(definitions.at("/filter-cache/properties/ttl/pattern").asText())
                .isEqualTo(Units.DURATION);
        assertThat(definitions.at("/filter-cache/properties/maxBytes/pattern").asText())
                .isEqualTo(Units.SIZE);
    }

    @Test
    void itWorksWithNothingInstalled() {
        ObjectNode schema = ConfigSchema.of(PluginCatalog.empty());
        assertThat(errors(schema, "routes: [{ name: a, upstream: \"http://h:1\" }]"))
                .isEmpty();
        assertThat(errors(schema, "routes: [{ name: a, filters: [{ cache: {} }] }]"))
                .isNotEmpty();
    }
}
