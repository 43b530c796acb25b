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
            Map.entry(
                    "cache: { cache: { type: memcached } }",
                    "cache.redis.type: 'memcached' is not connected to: the only kind of store is redis"),
            Map.entry(
                    "cache: { cacheTTL: 5, redis: { url: 'redis://h', cacheTTL: 60 } }",
                    "cache.redis.cacheTTL: given beside 'redis', too: keep one"),
            Map.entry("cache: { redis: { serviceName: redis.static } }", "a name of Higress's registry"),
            Map.entry("cache: { redis: { cacheTTL: 60 } }", "cache.redis: it does not say where it is"),
            Map.entry("cache: { redis: { url: 'redis://h', cacheValue: 1 } }", "cache.redis.cacheValue: unknown key"),
            Map.entry("cache: { cacheKeyStrategy: first }", "cache.cacheKeyStrategy: "),
            Map.entry("cache: { store: redis }", "cache.store: unknown key"),
            Map.entry("cache: { responseTemplate: 'no place' }", "a text with one %s in it"),
            Map.entry("cache: { semantic: { model: m, threshold: 1.1 } }", "cache.semantic.threshold: "),
            Map.entry("cache: { semantic: { model: m, threshold: -0.1 } }", "cache.semantic.threshold: "),
            Map.entry(
                    "cache: { semantic: { model: m, timeout: 0s } }", "cache.semantic.timeout: must be more than zero"),
            Map.entry("cache: { semantic: { model: m, maxVectors: 0 } }", "cache.semantic.maxVectors: "),
            Map.entry("cache: { semantic: { model: m, vectors: { type: milvus } } }", "cache.semantic.vectors.type: "),
            Map.entry(
                    "cache: { semantic: { model: m, vectors: { type: qdrant, url: q, collection: c } } }",
                    "cache.semantic.vectors.url: "),
            Map.entry("cache: { semantic: { embedding: { type: voyage } } }", "cache.semantic.embedding.type: "),
            Map.entry(
                    "cache: { semantic: { embedding: { provider: nobody } } }", "cache.semantic.embedding.provider: "),
            Map.entry("cache: { embedding: { model: m } }", "cache.embedding"),
            Map.entry("cache: { vector: { type: qdrant, esUsername: u } }", "cache.vector.esUsername: unknown key"),
            Map.entry("cache: { vector: { type: qdrant, thresholdRelation: eq } }", "cache.vector.thresholdRelation: "),
            Map.entry(
                    "cache: { cacheKeyFrom: messages.0 }",
                    "texts are found by the dialect of a request, not by a path: remove it"),
            Map.entry("cache: {}, key-auth: { allow: [ alice ] }", "'key-auth' must stand before 'cache'"));

    private static final List<Map.Entry<String, String>> BY_SENSE = List.of(
            Map.entry(
                    "cache: { maxEntryBytes: 2MiB, maxBytes: 1MiB }",
                    "maxEntryBytes: 2097152 bytes are more than maxBytes (1048576)"),
            Map.entry(
                    "cache: { ttl: 1h, redis: { url: 'redis://127.0.0.1:1', cacheTTL: 60 } }",
                    "cache.ttl: cacheTTL says the same and is given too: keep one"),
            Map.entry(
                    "cache: { semantic: { model: nobodys } }",
                    "put its jars into the folder 'embeddings' of the distribution"),
            Map.entry(
                    "cache: { semantic: {} }",
                    "say what makes vectors of questions: either 'model', one of the gateway's own process, or"
                            + " 'embedding', an endpoint"),
            Map.entry(
                    "cache: { semantic: { model: m, embedding: { type: openai } } }",
                    "say what makes vectors of questions: either 'model'"),
            Map.entry(
                    "cache: { semantic: { embedding: { url: 'http://h' } } }",
                    "cache.semantic.embedding: it does not say what speaks there: add type, such as openai"),
            Map.entry(
                    "cache: { semantic: { embedding: { type: ollama } } }",
                    "it does not say where ollama is: add url: http://host:port"),
            Map.entry(
                    "cache: { semantic: { embedding: { type: azure, url: 'http://h' } } }",
                    "azure needs 'apiVersion': add it"),
            Map.entry("cache: { semantic: { embedding: { type: xfyun, apiKey: k } } }", "xfyun needs 'appId': add it"),
            Map.entry(
                    "cache: { semantic: { embedding: { provider: p } } }",
                    "the provider 'p' has no address that could be asked: use another"),
            Map.entry(
                    "cache: { semantic: { embedding: { type: openai }, vectors: { type: qdrant } } }",
                    "cache.semantic.vectors: it does not say where Qdrant is: add url: http://host:6333"),
            Map.entry(
                    "cache: { semantic: { embedding: { type: openai }, vectors: { type: memory, url: 'http://h' } } }",
                    "memory has no address: remove it, or say type: qdrant"),
            Map.entry(
                    "cache: { semantic: { embedding: { type: openai } }, enableSemanticCache: false }",
                    "'semantic' is given: remove one of the two"),
            Map.entry(
                    "cache: { semantic: { embedding: { type: openai } }, vector: { type: qdrant } }",
                    "'semantic' says where vectors are kept: keep one of the two"),
            Map.entry(
                    "cache: { vector: { type: qdrant } }",
                    "cache.vector: nothing makes vectors of questions: add 'embedding'"),
            Map.entry(
                    "cache: { embedding: { type: openai } }",
                    "cache.embedding: nothing says where its vectors are kept: add 'vector'"),
            Map.entry(
                    "cache: { enableSemanticCache: true }",
                    "nothing says by what similar questions are found: add 'vector' and 'embedding', or 'semantic'"),
            Map.entry(
                    "cache: { embedding: { type: openai }, vector: { type: milvus } }",
                    "cache.vector.type: 'milvus' is not connected to, of Higress's stores only qdrant is"),
            Map.entry(
                    "cache: { embedding: { type: openai }, vector: { type: qdrant, serviceHost: h } }",
                    "cache.vector: it does not say which collection of Qdrant's: add collectionID"),
            Map.entry(
                    "cache: { embedding: { type: openai }, vector: { type: qdrant, serviceName: q.dns, collectionID: c } }",
                    "cache.vector: it does not say where Qdrant is: add serviceHost with its host"),
            Map.entry(
                    "cache: { embedding: { type: openai }, vector: { type: qdrant, serviceHost: h, collectionID: c,"
                            + " threshold: 1000 } }",
                    "cache.vector.threshold: 'lt' is of Euclid's distance, which is 0 to 2"),
            Map.entry(
                    "cache: { embedding: { type: openai }, vector: { type: qdrant, serviceHost: h, collectionID: c,"
                            + " threshold: 1.5, thresholdRelation: gt } }",
                    "cache.vector.threshold: a cosine is 0 to 1, got 1.5"),
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
        assertThat(new CachePlugin().normalize(config)).hasToString("{\"enableSemanticCache\":false,\"ttl\":\"1h\"}");
    }

    @Test
    void higressStoreIsAnAddressAndWhatTheFilterGoesBy() {
        ObjectNode config = MAPPER.createObjectNode();
        config.putObject("redis")
                .put("type", "redis")
                .put("serviceName", "h")
                .put("timeout", 1000)
                .put("cacheTTL", 0)
                .put("cacheKeyPrefix", "mine:");
        assertThat(new CachePlugin().normalize(config))
                .hasToString("{\"redis\":{\"serviceName\":\"h\",\"timeout\":1000},\"cacheTTL\":0,"
                        + "\"cacheKeyPrefix\":\"mine:\",\"storeTimeout\":\"1000ms\"}");
        config.put("storeTimeout", "1s");
        assertThat(new CachePlugin().normalize(config).path("storeTimeout").asText())
                .isEqualTo("1s");
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
    void theReadmeNamesEveryFieldOfSemantic() throws IOException {
        JsonNode schema;
        try (var in = CachePlugin.class.getResourceAsStream("/META-INF/sluice/cache.json")) {
            schema = MAPPER.readTree(in).at("/schema/properties/semantic/properties");
        }
        String readme = Files.readString(Path.of("README.md"));
        String part = readme.substring(readme.indexOf("| field of `semantic`"), readme.indexOf("### How good that is"));
        for (var field : schema.properties()) {
            assertThat(part).contains("| `" + field.getKey() + "` |");
            field.getValue()
                    .path("properties")
                    .fieldNames()
                    .forEachRemaining(name -> assertThat(part).containsPattern("`[^`]*\\b" + name + "\\b[^`]*`"));
        }
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
