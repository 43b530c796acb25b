package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.host.plugin.PluginCatalog;
import dev.sluice.host.plugin.TestPlugin;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters that look, to the config, like those of a gateway. */
final class TestFilters {
    enum Scope {
        CONSUMER,
        WHOLE_ROUTE
    }

    record Rule(String by, long limit) {
        Rule {
            if (limit > 1_000_000) {
                throw new IllegalArgumentException("a limit above a million is none");
            }
        }
    }

    record Cache(
            Duration ttl,
            @Nullable Duration maxAge,
            long maxBytes,
            @Nullable Integer maxEntries,
            Scope scope,
            @Nullable String password,
            @Nullable URI service,
            List<Rule> rules,
            Map<String, String> labels,
            @Nullable JsonNode extra) {}

    record Proxy(String provider, boolean strict) {}

    record Fallback(List<Target> targets) {
        record Target(String provider, @Nullable String model) {}
    }

    record None() {}

    static final TestPlugin<Cache> CACHE = TestPlugin.of("cache", Cache.class, """
            {"aliases": ["ai-cache"],
             "after": ["key-auth"],
             "schema": {
               "type": "object",
               "properties": {
                 "ttl": {"format": "duration", "x-unit": "s", "default": "1h", "x-positive": true,
                         "x-aliases": ["cacheTTL", {"name": "ttl_ms", "unit": "ms"}]},
                 "maxAge": {"format": "duration"},
                 "maxBytes": {"format": "size", "default": "64MiB"},
                 "maxEntries": {"type": "integer", "minimum": 1},
                 "scope": {"enum": ["consumer", "whole-route"], "default": "consumer"},
                 "password": {"type": "string", "writeOnly": true, "minLength": 1},
                 "service": {"type": "string", "format": "uri"},
                 "rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}},
                 "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                 "extra": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]}
               },
               "$defs": {"rule": {
                 "type": "object",
                 "required": ["by"],
                 "properties": {
                   "by": {"type": "string", "x-aliases": ["limit_by"]},
                   "limit": {"type": "integer", "default": 10}}}}
             }}
            """);

    static final TestPlugin<None> KEY_AUTH =
            TestPlugin.of("key-auth", None.class, "{\"schema\": {\"type\": \"object\", \"properties\": {}}}");

    static final TestPlugin<None> KEY_FAILOVER = TestPlugin.of("key-failover", None.class, """
            {"schema": {"type": "object", "properties": {}}, "before": ["ai-proxy"], "requires": ["target"]}
            """);

    static final TestPlugin<Fallback> FALLBACK = TestPlugin.of("model-fallback", Fallback.class, """
            {"before": ["key-failover", "ai-proxy"],
             "schema": {"type": "object", "required": ["targets"], "properties": {"targets": {"type": "array", "items": {
               "type": "object", "properties": {
                 "provider": {"type": "string", "x-provider": true}, "model": {"type": "string"}}}}}}}
            """);

    static final TestPlugin<Proxy> PROXY = TestPlugin.of("ai-proxy", Proxy.class, """
            {"picksTarget": true,
             "schema": {"type": "object", "required": ["provider"], "properties": {
               "provider": {"type": "string", "x-provider": true},
               "strict": {"type": "boolean", "default": false}}},
             "providerTypes": {
               "openai": {"baseUrl": "https://api.openai.example/v1"},
               "vllm": {"addresses": ["http://{vllmHost}"], "aliases": ["v-llm"]},
               "later": {"unsupported": true},
               "echo": {"builtIn": true}},
             "providerSchema": {"type": "object", "properties": {
               "awsRegion": {"type": "string", "default": "us-east-1"},
               "vllmHost": {"type": "string"},
               "modes": {"type": "object", "propertyNames": {"enum": ["a", "b"]}, "additionalProperties": {"type": "string"}},
               "signingKey": {"type": "string", "writeOnly": true},
               "tokens": {"type": "integer", "x-aliases": ["echo_tokens"]},
               "delay": {"format": "duration"}}}}
            """);

    private TestFilters() {}

    static PluginCatalog catalog() {
        return TestPlugin.catalog(List.of(
                CACHE, CACHE.version("1.4.2"), CACHE.version("1.10.0"), KEY_AUTH, KEY_FAILOVER, FALLBACK, PROXY));
    }
}
