package dev.sluice.host.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.host.plugin.Descriptor.ProviderType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DescriptorTest {
    private static Descriptor read(String json) throws RefusedException {
        return new DescriptorReader().read("f", json.getBytes(StandardCharsets.UTF_8), file -> null);
    }

    @Test
    void everyKeyIsRead() throws Exception {
        Descriptor descriptor = read("""
                {"schema": {"type": "object"}, "aliases": ["g"], "before": ["a"], "after": ["b"], "requires": ["target"],
                 "picksTarget": true, "mediaTypes": ["audio/*"],
                 "providerTypes": {"openai": {"baseUrl": "https://api.example"}, "echo": {"builtIn": true}},
                 "providerSchema": {"type": "object"}}
                """);

        assertThat(descriptor.filter()).isEqualTo("f");
        assertThat(descriptor.schema().path("type").asText()).isEqualTo("object");
        assertThat(descriptor.aliases()).containsExactly("g");
        assertThat(descriptor.before()).containsExactly("a");
        assertThat(descriptor.after()).containsExactly("b");
        assertThat(descriptor.requires()).containsExactly("target");
        assertThat(descriptor.picksTarget()).isTrue();
        assertThat(descriptor.mediaTypes()).containsExactly("audio/*");
        assertThat(descriptor.providerTypes())
                .isEqualTo(Map.of(
                        "openai", new ProviderType("openai", "https://api.example", false, List.of(), List.of(), false),
                        "echo", new ProviderType("echo", null, true, List.of(), List.of(), false)));
        assertThat(descriptor.providerSchema()).isNotNull();
    }

    @Test
    void providerTypesMayStandInAFileBesideIt() throws Exception {
        String json =
                "{\"schema\": {}, \"providerTypes\": \"f.types.json\", \"providerAddresses\": [\"https://{domain}\"]}";
        String table = """
                {"acme": {"addresses": ["http://{acmeHost}"], "aliases": ["ac"], "data": {"any": 1}},
                 "later": {"unsupported": true}}
                """;
        Descriptor descriptor = new DescriptorReader()
                .read(
                        "f",
                        json.getBytes(StandardCharsets.UTF_8),
                        file -> file.equals("META-INF/sluice/f.types.json")
                                ? table.getBytes(StandardCharsets.UTF_8)
                                : null);
        assertThat(descriptor.providerAddresses()).containsExactly("https://{domain}");
        assertThat(descriptor.providerTypes())
                .isEqualTo(Map.of(
                        "acme",
                                new ProviderType(
                                        "acme", null, false, List.of("http://{acmeHost}"), List.of("ac"), false),
                        "later", new ProviderType("later", null, false, List.of(), List.of(), true)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[]| is not a JSON object",
                "| is not a JSON object",
                "{\"schema\": {}, \"befor\": []}| has the unknown key 'befor': known are after, aliases, before, mediaTypes, picksTarget, providerAddresses, providerSchema, providerTypes, requires, schema",
                "{\"schema\": {}, \"providerTypes\": \"t.json\"}|: 'providerTypes' names META-INF/sluice/t.json, which it does not have",
                "{}| has no 'schema': describe the filter's config in it",
                "{\"schema\": 1}|: 'schema' is not an object",
                "{\"schema\": {\"type\": \"objct\"}}|: 'schema' is not a JSON Schema: /type does not have a value in the enumeration [\"array\", \"boolean\", \"integer\", \"null\", \"number\", \"object\", \"string\"]",
                "{\"schema\": {\"$ref\": \"https://example.com/s\"}}|: 'schema' refers to 'https://example.com/s', which is not in it: copy it under $defs",
                "{\"schema\": {\"$ref\": \"#/$defs/x\"}}|: 'schema' refers to '#/$defs/x', which is not in it: copy it under $defs",
                "{\"schema\": {\"properties\": {\"a\": {\"x-aliases\": [{\"name\": \"b\", \"unit\": \"h\"}]}}}}|: 'schema' has the x-aliases entry {\"name\":\"b\",\"unit\":\"h\"}: write a name, or {\"name\": …, \"unit\": \"s\" or \"ms\"}",
                "{\"schema\": {}, \"aliases\": \"g\"}|: 'aliases' is not a list",
                "{\"schema\": {}, \"aliases\": [1]}|: 'aliases' is not a list of names",
                "{\"schema\": {}, \"picksTarget\": 1}|: 'picksTarget' is not true or false",
                "{\"schema\": {}, \"providerTypes\": []}|: 'providerTypes' is not an object",
                "{\"schema\": {}, \"providerTypes\": {\"a\": {\"url\": \"\"}}}|: 'providerTypes.a' has the unknown key 'url': known are addresses, aliases, baseUrl, builtIn, data, unsupported",
                "{\"schema\": {}, \"providerTypes\": {\"a\": {\"baseUrl\": \"nowhere\"}}}|: 'providerTypes.a.baseUrl' is not an http or https URL",
                "{\"schema\": {}, \"providerSchema\": 1}|: 'providerSchema' is not an object",
            })
    void aBrokenFileIsRefused(String json, String message) {
        assertThatThrownBy(() -> read(json == null ? "" : json))
                .isInstanceOf(RefusedException.class)
                .hasMessage("its META-INF/sluice/f.json" + (message.startsWith(":") ? "" : " ") + message);
    }

    @Test
    void whatIsNoJsonIsRefusedWithItsLine() {
        assertThatThrownBy(() -> read("{\n\"schema\": {},\n\"schema\": {}}"))
                .hasMessage("its META-INF/sluice/f.json is not JSON: line 3: Duplicate field 'schema'");
    }

    record Inner(String name) {}

    record Outer(Duration ttl, List<Inner> list, Map<String, Inner> map, Inner one) {}

    private static void check(Class<? extends Record> type, String schema) throws RefusedException {
        RecordCheck.check(type, read("{\"schema\": " + schema + "}").schema(), "f.json");
    }

    @Test
    void aSchemaThatFitsItsRecordIsAccepted() throws Exception {
        check(Outer.class, """
                {"properties": {
                   "ttl": {"$ref": "#/$defs/time"},
                   "list": {"items": {"$ref": "#/$defs/inner"}},
                   "map": {"additionalProperties": {"$ref": "#/$defs/inner"}}},
                 "allOf": [{"properties": {"one": {"$ref": "#/$defs/inner"}}}],
                 "$defs": {"time": {"format": "duration"}, "inner": {"properties": {"name": {"type": "string"}}}}}
                """);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"properties\": {\"name\": {}, \"extra\": {}}}|its f.json describes 'extra', which the record Inner has no component for: add it, or remove it from the schema",
                "{\"properties\": {}}|its f.json does not describe 'name', a component of the record Inner: add it to the schema's properties",
            })
    void aSchemaThatDisagreesIsRefused(String schema, String message) {
        assertThatThrownBy(() -> check(Inner.class, schema)).hasMessage(message);
    }

    record Own(String redis, Inner inner) {}

    @Test
    void oneRedisOfTheFiltersOwnIsReadAndNoOther() {
        assertThatThrownBy(() -> check(Times.class, "{\"properties\": {\"ttl\": {\"x-redis\": true}}}"))
                .hasMessage(
                        "its f.json marks 'ttl' with x-redis, which the record Times has as something else than text:"
                                + " make it a String, for the address");
        assertThatThrownBy(() -> check(
                        Own.class,
                        "{\"properties\": {\"redis\": {\"x-redis\": true},"
                                + " \"inner\": {\"properties\": {\"a\": {\"x-redis\": true}}}}}"))
                .hasMessage(
                        "its f.json marks more than one property with x-redis, or one that is not top-level: the host"
                                + " reads one");
    }

    record Times(Duration ttl) {}

    record Nested(List<Inner> list) {}

    @Test
    void disagreementsAreFoundBelow() {
        assertThatThrownBy(() -> check(Times.class, "{\"properties\": {\"ttl\": {\"type\": \"string\"}}}"))
                .hasMessage("its f.json does not say that 'ttl' is a duration: add \"format\": \"duration\"");
        assertThatThrownBy(() -> check(
                        Nested.class, "{\"properties\": {\"list\": {\"items\": {\"properties\": {\"nam\": {}}}}}}"))
                .hasMessage("its f.json describes 'list[].nam', which the record Inner has no component for: add it, or"
                        + " remove it from the schema");
    }
}
