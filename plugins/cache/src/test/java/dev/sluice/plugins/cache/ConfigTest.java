package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.ConfigException;
import dev.sluice.api.Dialect;
import dev.sluice.api.Reply;
import dev.sluice.api.Usage;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.keyauth.KeyAuth;
import dev.sluice.plugins.tokenratelimit.TokenRatelimit;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What may stand in the config, and what is said of the rest. */
final class ConfigTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static TestGateway gateway(String filters) {
        return TestGateway.with(new CachePlugin(), new AiProxy(), new KeyAuth(), new TokenRatelimit())
                .config("""
                        providers: { p: { type: echo } }
                        consumers: [ { name: alice, credentials: [ key-alice ] } ]
                        routes:
                          - name: r
                            filters: [ %s, ai-proxy: { provider: p } ]
                        """.formatted(filters));
    }

    private static final List<Map.Entry<String, String>> BY_SCHEMA = List.of(
            Map.entry("cache: { ttl: 0s }", "cache.ttl: "),
            Map.entry("cache: { ttl: -1s }", "cache.ttl: "),
            Map.entry("cache: { staleWhileRevalidate: 0s }", "cache.staleWhileRevalidate: "),
            Map.entry("cache: { flightWait: 0ms }", "cache.flightWait: "),
            Map.entry("cache: { storeTimeout: -5ms }", "cache.storeTimeout: "),
            Map.entry("cache: { maxEntries: 0 }", "expected at least 1, got 0"),
            Map.entry("cache: { maxBytes: 0 }", "cache.maxBytes: "),
            Map.entry("cache: { scope: everybody }", "cache.scope: "),
            Map.entry("cache: { cache: { type: memcached } }", "cache.cache.type: "),
            Map.entry("cache: { cacheKeyStrategy: first }", "cache.cacheKeyStrategy: "),
            Map.entry("cache: { store: redis }", "cache.store: unknown key"),
            Map.entry("cache: { responseTemplate: 'no place' }", "a text with one %s in it"),
            Map.entry(
                    "cache: { vector: { type: qdrant } }",
                    "cache.vector: semantic caching is not there yet, only that of equal requests: remove 'vector'"),
            Map.entry("cache: { embedding: { type: openai } }", "semantic caching is not there yet"),
            Map.entry("cache: { enableSemanticCache: true }", "semantic caching is not there yet"),
            Map.entry(
                    "cache: { cacheKeyFrom: messages.0 }",
                    "texts are found by the dialect of a request, not by a path: remove it"),
            Map.entry("cache: {}, key-auth: { allow: [ alice ] }", "'key-auth' must stand before 'cache'"));

    private static final List<Map.Entry<String, String>> BY_SENSE = List.of(
            Map.entry(
                    "cache: { maxEntryBytes: 2MiB, maxBytes: 1MiB }",
                    "maxEntryBytes: 2097152 bytes are more than maxBytes (1048576)"),
            Map.entry(
                    "cache: { ttl: 1h, redis: { cacheTTL: 60 } }",
                    "cache.cacheTTL says the same and is given too: keep one"),
            Map.entry("cache: { streamResponseTemplate: '%s' }", "it has no event: begin a line with 'data:'"));

    /** All of them on one page, which is refused with a sentence for each. */
    private static void areRefused(List<Map.Entry<String, String>> bad) {
        StringBuilder routes = new StringBuilder();
        for (int i = 0; i < bad.size(); i++) {
            routes.append("  - { name: r%d, match: { path: \"/%d\" }, filters: [ %s, ai-proxy: { provider: p } ] }\n"
                    .formatted(i, i, bad.get(i).getKey()));
        }
        TestGateway gateway = TestGateway.with(new CachePlugin(), new AiProxy(), new KeyAuth())
                .config("providers: { p: { type: echo } }\n"
                        + "consumers: [ { name: alice, credentials: [ key-alice ] } ]\nroutes:\n" + routes);
        assertThatThrownBy(gateway::start).satisfies(thrown -> {
            List<String> lines = thrown.getMessage().lines().toList();
            for (int i = 0; i < bad.size(); i++) {
                String at = "routes[" + i + "].";
                String wanted = bad.get(i).getValue();
                assertThat(lines).as(wanted).anyMatch(line -> line.contains(at) && line.contains(wanted));
            }
        });
        gateway.close();
    }

    @Test
    void badInputIsRefused() {
        areRefused(BY_SCHEMA);
    }

    @Test
    void whatContradictsItselfIsRefused() {
        areRefused(BY_SENSE);
    }

    @Test
    void aTemplateIsJsonAroundAText() {
        assertThat(Templates.of(null, null)).isNull();
        assertThatThrownBy(() -> Templates.of("{\"a\":%s}", null))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("put the %s between quotes, they are not added");
        Templates made = Templates.of("{\"a\":\"%s\"}", "data:{\"b\":\"%s\"}\n\ndata:[DONE]\n\n");
        assertThat(made.whole("say \"hi\"\n")).isEqualTo("{\"a\":\"say \\\"hi\\\"\\n\"}");
        assertThat(made.events("x"))
                .singleElement()
                .satisfies(event -> assertThat(event.data()).isEqualTo("{\"b\":\"x\"}"));
    }

    @Test
    void higressTemplatesFrameAHit() {
        try (TestGateway gateway = gateway("""
                        cache: { responseTemplate: '{"framed":"%s"}', streamResponseTemplate: "data:{\\"piece\\":\\"%s\\"}\\n\\ndata:[DONE]\\n\\n" }""").start()) {
            String chat = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"say \\\"so\\\"\"}]}";
            gateway.post("/v1/chat/completions", chat);
            assertThat(gateway.post("/v1/chat/completions", chat).body()).isEqualTo("{\"framed\":\"say \\\"so\\\"\"}");
            assertThat(gateway.post("/v1/chat/completions", chat.replace("{\"model\"", "{\"stream\":true,\"model\""))
                            .body())
                    .isEqualTo("data: {\"piece\":\"say \\\"so\\\"\"}\n\ndata: [DONE]\n\n");
        }
    }

    @Test
    void higressOwnPathsAreTaken() {
        ObjectNode config = MAPPER.createObjectNode()
                .put("cacheKeyFrom", "messages.@reverse.0.content")
                .put("enableSemanticCache", false)
                .put("ttl", "1h");
        assertThat(new CachePlugin().normalize(config)).hasToString("{\"ttl\":\"1h\"}");
    }

    @Test
    void aTextIsCutIntoPiecesThatAddUp() {
        String text =
                "Words of several lengths 👋👋 " + "👋".repeat(100) + "\n\nand more   spaces than one would think.";
        List<String> pieces = Replay.pieces(text);
        assertThat(String.join("", pieces)).isEqualTo(text);
        assertThat(pieces).hasSizeGreaterThan(4).allSatisfy(piece -> {
            assertThat(Character.isLowSurrogate(piece.charAt(0))).isFalse();
            assertThat(piece.length()).isLessThanOrEqualTo(65);
        });
        assertThat(Replay.pieces("a")).containsExactly("a");
    }

    @Test
    void aReplayedStreamMayBePaced() {
        Entry entry = Entry.of(
                new CacheKey("hash", "r", "m", ""),
                0,
                Usage.NONE,
                "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}");
        Reply reply = new Replay(Dialect.OPENAI, true, true, Duration.ofMillis(20), null).reply(entry);
        assertThat(reply.pace()).isEqualTo(Duration.ofMillis(20));
        assertThat(reply.events()).hasSize(3);
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        JsonNode schema;
        try (var in = CachePlugin.class.getResourceAsStream("/META-INF/sluice/cache.json")) {
            schema = MAPPER.readTree(in).at("/schema/properties");
        }
        String readme = Files.readString(Path.of("README.md"));
        String config = readme.substring(readme.indexOf("## Config"), readme.indexOf("## What is the same request"));
        Matcher rows = Pattern.compile("(?m)^\\| `(\\w+)` \\|").matcher(config);
        assertThat(rows.results().map(row -> row.group(1)))
                .containsExactlyElementsOf(
                        schema.properties().stream().map(Map.Entry::getKey).toList());
    }

    @Test
    void theReadmesExamplesLoad() throws IOException {
        List<String> examples = Pattern.compile("(?s)```yaml\\n(.*?)```")
                .matcher(Files.readString(Path.of("README.md")))
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(examples).hasSizeGreaterThanOrEqualTo(2);
        for (String example : examples) {
            String more =
                    "consumers: [ { name: alice, credentials: [ key-alice ] } ]\nproviders: { gpt: { type: echo } }\n";
            try (TestGateway one = TestGateway.with(
                            new CachePlugin(), new AiProxy(), new KeyAuth(), new TokenRatelimit())
                    .config(more + example)
                    .start()) {
                assertThat(one.gateway().port()).isPositive();
            }
        }
    }
}
