package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every vendor of the table, and what a config makes of it, over real sockets. */
class VendorsTest {
    private static final String CHAT =
            "{\"model\":\"asked\", \"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}], \"max_tokens\":5}";
    private static final String OPENAI_ANSWER =
            "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Yes\"},\"finish_reason\":\"stop\"}]}";
    private static final String ANTHROPIC_ANSWER =
            "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Yes\"}],\"stop_reason\":\"end_turn\"}";

    /** A provider's config, where UP is the upstream; what a client asks for; what the upstream gets. */
    private static final String CASES = """
            type: openai | /v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: openai | /team/a/v1/embeddings | /v1/embeddings | authorization: Bearer key
            type: openai | /v1/responses | /v1/responses | authorization: Bearer key
            type: openai | /v1/completions | /v1/completions | authorization: Bearer key
            type: openai | /v1/images/generations | /v1/images/generations | authorization: Bearer key
            type: openai | /v1/audio/speech?a=b | /v1/audio/speech?a=b | authorization: Bearer key
            type: openai | /v1/moderations | /v1/moderations | authorization: Bearer key
            type: openai | GET /v1/models/gpt | /v1/models/gpt | authorization: Bearer key
            type: openai | GET /v1/files/f-1/content | /v1/files/f-1/content | authorization: Bearer key
            type: openai | GET /v1/batches/b-1 | /v1/batches/b-1 | authorization: Bearer key
            type: openai | GET /v1/fine_tuning/jobs/j-1/events | /v1/fine_tuning/jobs/j-1/events | authorization: Bearer key
            type: openai | GET /v1/videos/v-1 | /v1/videos/v-1 | authorization: Bearer key
            type: openai | /v1/messages | /v1/chat/completions | authorization: Bearer key
            type: custom | /v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: generic | /x/v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: azure, azureServiceUrl: "https://r.openai.azure.com?api-version=2024-10-21" | /v1/chat/completions | /openai/deployments/wire/chat/completions?api-version=2024-10-21 | api-key: key
            type: azure, azureServiceUrl: "https://r.openai.azure.com/?api-version=2024-10-21" | GET /v1/files/f-1?x=1 | /openai/files/f-1?x=1&api-version=2024-10-21 | api-key: key
            type: azure, azureServiceUrl: "https://r.openai.azure.com?api-version=2025-04-01-preview" | /v1/responses | /openai/responses?api-version=2025-04-01-preview | api-key: key
            type: azure, azureServiceUrl: "https://r.openai.azure.com/openai/deployments/fast?api-version=v" | /v1/chat/completions | /openai/deployments/fast/chat/completions?api-version=v | api-key: key
            type: azure, azureServiceUrl: "https://r.openai.azure.com/openai/deployments/fast?api-version=v" | /v1/embeddings | /openai/deployments/fast/embeddings?api-version=v | api-key: key
            type: azure, azureServiceUrl: "https://r.openai.azure.com/openai/deployments/fast/chat/completions?api-version=v" | /v1/chat/completions | /openai/deployments/fast/chat/completions?api-version=v | api-key: key
            type: azure, azureServiceUrl: "https://r.openai.azure.com/my/gateway?api-version=v&x=y" | /v1/chat/completions | /my/gateway?api-version=v&x=y | api-key: key
            type: azure, azureServiceUrl: "https://r.openai.azure.com/openai/v1/?api-version=preview" | /v1/chat/completions | /openai/v1/chat/completions?api-version=preview | api-key: key
            type: azure, azureServiceUrl: "UP?api-version=v", baseUrl: none | /v1/messages | /openai/deployments/wire/chat/completions?api-version=v | api-key: key
            type: anthropic | /v1/messages | /v1/messages | x-api-key: key
            type: anthropic | /v1/chat/completions | /v1/messages | x-api-key: key
            type: claude, baseUrl: "UP/v1" | /v1/messages | /v1/messages | x-api-key: key
            type: ai360 | /v1/chat/completions | /v1/chat/completions | authorization: key
            type: baichuan | /v1/embeddings | /v1/embeddings | authorization: Bearer key
            type: baidu | /v1/chat/completions | /v2/chat/completions | authorization: Bearer key
            type: cloudflare, cloudflareAccountId: a1 | /v1/chat/completions | /client/v4/accounts/a1/ai/v1/chat/completions | authorization: Bearer key
            type: cloudflare, baseUrl: "UP/client/v4/accounts/a2/ai/v1" | /v1/embeddings | /client/v4/accounts/a2/ai/v1/embeddings | authorization: Bearer key
            type: deepseek | /v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: deepseek | /v1/messages | /anthropic/v1/messages | authorization: Bearer key
            type: deepseek, baseUrl: "UP/v1" | /v1/messages | /anthropic/v1/messages | authorization: Bearer key
            type: deepseek, baseUrl: "UP/proxy" | /v1/messages | /proxy/anthropic/v1/messages | authorization: Bearer key
            type: deepseek, baseUrl: "UP/proxy/v1/" | /v1/chat/completions | /proxy/v1/chat/completions | authorization: Bearer key
            type: doubao | /v1/chat/completions | /api/v3/chat/completions | authorization: Bearer key
            type: doubao, baseUrl: "UP/api/v3" | /v1/embeddings | /api/v3/embeddings | authorization: Bearer key
            type: doubao, doubaoDomain: "UP", baseUrl: none | /v1/responses | /api/v3/responses | authorization: Bearer key
            type: fireworks | /v1/chat/completions | /inference/v1/chat/completions | authorization: Bearer key
            type: github | /v1/chat/completions | /chat/completions | authorization: key
            type: grok | /v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: groq | /v1/responses | /openai/v1/responses | authorization: Bearer key
            type: hunyuan | /v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: longcat | /v1/chat/completions | /openai/v1/chat/completions | authorization: Bearer key
            type: longcat | /v1/messages | /anthropic/v1/messages | authorization: Bearer key
            type: minimax | /v1/chat/completions | /v1/text/chatcompletion_v2 | authorization: Bearer key
            type: mistral | /v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: moonshot | /v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: moonshot | /v1/messages | /anthropic/v1/messages | authorization: Bearer key
            type: ollama, apiTokens: [] | /v1/chat/completions | /v1/chat/completions | none
            type: openrouter | /v1/chat/completions | /api/v1/chat/completions | authorization: Bearer key
            type: qwen | /v1/chat/completions | /compatible-mode/v1/chat/completions | authorization: Bearer key
            type: qwen | GET /v1/files/f | /compatible-mode/v1/files/f | authorization: Bearer key
            type: qwen | /v1/messages | /apps/anthropic/v1/messages | authorization: Bearer key
            type: qwen | /v1/rerank | /compatible-api/v1/reranks | authorization: Bearer key
            type: qwen | /v1/conversations | /compatible-mode/v1/conversations | authorization: Bearer key
            type: qwen, baseUrl: "UP/compatible-mode/v1" | /v1/chat/completions | /compatible-mode/v1/chat/completions | authorization: Bearer key
            type: qwen, baseUrl: "UP/compatible-mode/v1" | /v1/messages | /apps/anthropic/v1/messages | authorization: Bearer key
            type: qwen, baseUrl: none, qwenDomain: "UP" | /v1/embeddings | /compatible-mode/v1/embeddings | authorization: Bearer key
            type: stepfun | /v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: together-ai | /v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: vllm, baseUrl: none, vllmServerHost: "UP" | /v1/rerank | /v1/rerank | authorization: Bearer key
            type: vllm, baseUrl: none, vllmCustomUrl: "UP/serve" | /v1/chat/completions | /serve/chat/completions | authorization: Bearer key
            type: yi | /v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: zhipuai | /v1/chat/completions | /api/paas/v4/chat/completions | authorization: Bearer key
            type: zhipuai | /v1/messages | /api/anthropic/v1/messages | authorization: Bearer key
            type: zhipu, zhipuCodePlanMode: true | /v1/chat/completions | /api/coding/paas/v4/chat/completions | authorization: Bearer key
            type: zhipuai, baseUrl: none, zhipuDomain: "UP" | /v1/embeddings | /api/paas/v4/embeddings | authorization: Bearer key
            type: zhipuai, baseUrl: "UP/api/coding/paas/v4" | /v1/chat/completions | /api/coding/paas/v4/chat/completions | authorization: Bearer key
            type: zhipuai, baseUrl: "UP/api/coding/paas/v4" | /v1/messages | /api/coding/paas/v4/chat/completions | authorization: Bearer key
            type: openai, baseUrl: none, openaiCustomUrl: "UP/v1" | /v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: openai, baseUrl: none, openaiCustomUrl: "UP/api" | /v1/embeddings | /api/embeddings | authorization: Bearer key
            type: openai, baseUrl: none, openaiCustomUrl: "UP/my/chat/completions" | /v1/chat/completions | /my/chat/completions | authorization: Bearer key
            type: openai, openaiCustomUrl: "https://unused.example/api" | /v1/chat/completions | /api/chat/completions | authorization: Bearer key
            type: openai, providerDomain: "UP", baseUrl: none | /v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: openai, providerBasePath: /api/ai/ | /v1/chat/completions | /api/ai/v1/chat/completions | authorization: Bearer key
            type: openai, providerBasePath: /v1 | /v1/chat/completions | /v1/chat/completions | authorization: Bearer key
            type: openai, basePath: /up, basePathHandling: prepend | /v1/chat/completions | /up/v1/chat/completions | authorization: Bearer key
            type: generic, baseUrl: none, genericHost: "UP", basePath: /cNUM | /chat/completions | /chat/completions | authorization: Bearer key
            type: openai, capabilities: { openai/v1/chatcompletions: /own/chat } | /v1/chat/completions | /own/chat | authorization: Bearer key
            type: deepseek, capabilities: { openai/v1/embeddings: /v1/embed } | /v1/embeddings | /v1/embed | authorization: Bearer key
            type: custom, baseUrl: "UP/base", paths: { chat: /x/y } | /v1/chat/completions | /base/x/y | authorization: Bearer key
            type: custom, baseUrl: "UP/base/v1", paths: { embeddings: /v1/e } | /v1/embeddings | /base/v1/e | authorization: Bearer key
            type: custom, paths: { files: false, chat: /c } | /v1/chat/completions | /c | authorization: Bearer key
            type: custom, paths: { files: /store } | GET /v1/files/f/content | /store/f/content | authorization: Bearer key
            type: custom, paths: { messages: /claude } | /v1/messages | /claude | authorization: Bearer key
            type: custom, auth: { in: header, name: X-Key } | /v1/chat/completions | /v1/chat/completions | x-key: key
            type: custom, auth: { in: header, name: authorization, prefix: "Key " } | /v1/chat/completions | /v1/chat/completions | authorization: Key key
            type: custom, auth: { in: raw } | /v1/chat/completions | /v1/chat/completions | authorization: key
            type: custom, auth: { in: query, name: k } | /v1/chat/completions?k=client&a=b | /v1/chat/completions?a=b&k=key | none
            type: custom, auth: { in: none } | /v1/chat/completions | /v1/chat/completions | none
            type: custom, headers: { x-tenant: acme } | /v1/chat/completions | /v1/chat/completions | x-tenant: acme
            type: qwen, auth: { in: header, name: x-key }, paths: { chat: /other } | /v1/chat/completions | /other | x-key: key
            """;

    private static BrokenUpstream upstream;
    private static TestGateway gateway;

    record Case(int number, String provider, String asks, String target, String auth) {
        String type() {
            return provider.substring("type: ".length()).split(",")[0];
        }

        private String yaml() {
            String yaml = "  c" + number + ": { " + provider + ", modelMapping: { \"*\": wire }";
            yaml += provider.contains("baseUrl") ? "" : ", baseUrl: \"UP\"";
            yaml += provider.contains("apiTokens") ? "" : ", apiTokens: [ key ]";
            return (yaml + " }\n")
                    .replace(", baseUrl: none", "")
                    .replace("UP", upstream.uri().toString())
                    .replace("NUM", "" + number);
        }

        @Override
        public String toString() {
            return provider + " " + asks;
        }
    }

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        CASES.lines().forEach(line -> {
            String[] parts = line.split(" \\| ");
            cases.add(new Case(cases.size(), parts[0], parts[1], parts[2], parts[3]));
        });
        return cases;
    }

    @BeforeAll
    static void start() throws IOException {
        upstream = BrokenUpstream.start()
                .always(received -> Answer.json(
                        200,
                        received.path().contains("messages") || received.path().contains("claude")
                                ? ANTHROPIC_ANSWER
                                : OPENAI_ANSWER));
        StringBuilder providers = new StringBuilder("providers:\n");
        StringBuilder routes = new StringBuilder("routes:\n");
        for (Case one : cases()) {
            providers.append(one.yaml());
            routes.append(
                    "  - { name: r%1$d, match: { path: '/c%1$d/**' }, filters: [ ai-proxy: { provider: c%1$d } ] }\n"
                            .formatted(one.number));
        }
        gateway = TestGateway.with(new AiProxy())
                .config(providers.toString() + routes)
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        upstream.close();
    }

    private static HttpResponse<String> send(Case one, String asks, String body) {
        boolean gets = asks.startsWith("GET ");
        String path = gets ? asks.substring(4) : asks;
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri("/c" + one.number + path))
                .header("content-type", "application/json")
                .header("authorization", "Bearer client")
                .header("x-api-key", "client")
                .header("x-key", "client");
        return gateway.send(gets ? request.GET() : request.POST(BodyPublishers.ofString(body)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void goesWhereTheVendorWantsIt(Case one) {
        int before = upstream.requests().size();

        HttpResponse<String> answer = send(one, one.asks, CHAT);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-sluice-provider")).hasValue("c" + one.number);
        assertThat(upstream.requests()).hasSize(before + 1);
        Received got = upstream.requests().get(before);
        assertThat(got.target()).isEqualTo(one.target);
        assertThat(got.headers().get("host")).isEqualTo(upstream.uri().getAuthority());
        if (one.auth.equals("none")) {
            assertThat(got.headers().get("authorization")).isNull();
        } else {
            String[] field = one.auth.split(": ", 2);
            assertThat(got.headers().get(field[0])).isEqualTo(field[1]);
        }
        assertThat(got.headers().get("x-api-key")).isIn(null, "key");
        if (one.auth.startsWith("x-key")) {
            assertThat(got.headers().get("authorization")).isNull();
        }
        if (one.asks.startsWith("GET ")) {
            assertThat(got.method()).isEqualTo("GET");
            return;
        }
        boolean untouched = one.type().equals("generic");
        assertThat(got.json().path("model").textValue()).isEqualTo(untouched ? "asked" : "wire");
        if (one.asks.equals("/v1/messages") && !one.target.contains("completions")) {
            assertThat(got.text()).isEqualTo(CHAT.replace("asked", "wire"));
            assertThat(answer.body()).isEqualTo(ANTHROPIC_ANSWER);
        } else {
            assertThat(got.json().path("messages").toString()).contains("Hi");
        }
    }

    private static JsonNode json(String text) {
        return new FakeBody(text).json();
    }

    @Test
    void everyRowHasACase() {
        assertThat(cases().stream().map(Case::type)).containsAll(VendorRow.all().keySet());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "type: deepseek | /v1/embeddings | embeddings",
                "type: anthropic | /v1/embeddings | embeddings",
                "type: minimax | GET /v1/files/f | files",
                "type: yi | GET /v1/batches | batches",
                "type: custom, paths: { files: false, chat: /c } | GET /v1/files/f | files",
                "type: zhipuai | /v1/responses | responses"
            })
    void whatAVendorDoesNotHaveIsRefusedByName(String provider, String asks, String operation) {
        Case one = cases().stream()
                .filter(c -> c.provider.equals(provider))
                .findFirst()
                .orElseThrow();
        int before = upstream.requests().size();
        HttpResponse<String> answer = send(one, asks, CHAT);
        assertThat(answer.statusCode()).isEqualTo(400);
        JsonNode error = json(answer.body()).path("error");
        assertThat(error.path("code").textValue()).isEqualTo("unsupported");
        assertThat(error.path("message").textValue())
                .isEqualTo(
                        "provider 'c%d' of type %s has no operation '%s'".formatted(one.number, one.type(), operation));
        assertThat(upstream.requests()).hasSize(before);
    }

    @Test
    void tokensAreEstimatedForAnAnthropicClientWhereTheVendorCountsNone() {
        Case one = cases().stream()
                .filter(c -> c.provider.equals("type: deepseek"))
                .findFirst()
                .orElseThrow();
        HttpResponse<String> answer = send(one, "/v1/messages/count_tokens", CHAT);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(json(answer.body()).path("input_tokens").isInt()).isTrue();
    }

    /** What no test connects to: where a vendor is unless its provider says otherwise. */
    @Test
    void vendorsAreWhereTheTableSays() {
        Map<String, String> expected = new TreeMap<>(Map.ofEntries(
                Map.entry("openai", "https://api.openai.com/v1"),
                Map.entry("anthropic", "https://api.anthropic.com"),
                Map.entry("ai360", "https://api.360.cn/v1"),
                Map.entry("baichuan", "https://api.baichuan-ai.com/v1"),
                Map.entry("baidu", "https://qianfan.baidubce.com/v2"),
                Map.entry("cloudflare", "https://api.cloudflare.com"),
                Map.entry("deepseek", "https://api.deepseek.com/v1"),
                Map.entry("doubao", "https://ark.cn-beijing.volces.com/api/v3"),
                Map.entry("fireworks", "https://api.fireworks.ai/inference/v1"),
                Map.entry("github", "https://models.inference.ai.azure.com"),
                Map.entry("grok", "https://api.x.ai/v1"),
                Map.entry("groq", "https://api.groq.com/openai/v1"),
                Map.entry("hunyuan", "https://api.hunyuan.cloud.tencent.com/v1"),
                Map.entry("longcat", "https://api.longcat.chat/openai/v1"),
                Map.entry("minimax", "https://api.minimax.chat/v1"),
                Map.entry("mistral", "https://api.mistral.ai/v1"),
                Map.entry("moonshot", "https://api.moonshot.cn/v1"),
                Map.entry("ollama", "http://127.0.0.1:11434/v1"),
                Map.entry("openrouter", "https://openrouter.ai/api/v1"),
                Map.entry("qwen", "https://dashscope.aliyuncs.com/compatible-mode/v1"),
                Map.entry("stepfun", "https://api.stepfun.com/v1"),
                Map.entry("together-ai", "https://api.together.xyz/v1"),
                Map.entry("yi", "https://api.lingyiwanwu.com/v1"),
                Map.entry("zhipuai", "https://open.bigmodel.cn/api/paas/v4")));
        Map<String, String> own = Map.of(
                "type: custom, baseUrl: \"https://h/v1\"", "https://h/v1",
                "type: generic, genericHost: h.example", "https://h.example",
                "type: vllm, vllmServerHost: \"h.example:8000\"", "http://h.example:8000",
                "type: vllm, vllmCustomUrl: \"https://h.example/x\"", "https://h.example",
                "type: ollama, ollamaServerHost: h.example", "http://h.example:11434",
                "type: ollama, ollamaServerHost: h.example, ollamaServerPort: 1", "http://h.example:1",
                "type: qwen, qwenDomain: h.example", "https://h.example",
                "type: qwen, qwenDomain: h.example, providerDomain: p.example", "https://p.example",
                "type: azure, azureServiceUrl: \"https://r.openai.azure.com/openai/deployments/d?api-version=v\"",
                        "https://r.openai.azure.com",
                "type: openai, openaiCustomUrl: www.example.com/myai/v1/chat/completions", "https://www.example.com");
        List<String> yaml = new ArrayList<>();
        List<String> endpoints = new ArrayList<>();
        expected.forEach((type, url) -> {
            yaml.add("type: " + type + (type.equals("cloudflare") ? ", cloudflareAccountId: a" : ""));
            endpoints.add(url);
        });
        own.forEach((provider, url) -> {
            yaml.add(provider);
            endpoints.add(url);
        });
        assertThat(yaml.stream().map(one -> one.split("[ ,]")[1]))
                .containsAll(VendorRow.all().keySet());
        StringBuilder config = new StringBuilder("providers:\n");
        StringBuilder routes = new StringBuilder("routes:\n");
        for (int i = 0; i < yaml.size(); i++) {
            config.append("  p%d: { %s }\n".formatted(i, yaml.get(i)));
            routes.append(
                    "  - { name: r%1$d, match: { path: '/r%1$d/**' }, filters: [ ai-proxy: { provider: p%1$d } ] }\n"
                            .formatted(i));
        }
        try (TestGateway other = TestGateway.with(new AiProxy()).config(config.toString() + routes)) {
            JsonNode shown = json(other.start().admin("/api/v1/providers").body());
            for (int i = 0; i < yaml.size(); i++) {
                String name = "p" + i;
                JsonNode provider = Stream.iterate(0, n -> n + 1)
                        .limit(shown.size())
                        .map(shown::path)
                        .filter(one -> one.path("name").asText().equals(name))
                        .findFirst()
                        .orElseThrow();
                assertThat(provider.path("endpoints").path(0).path("url").asText())
                        .as(yaml.get(i))
                        .isEqualTo(endpoints.get(i));
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "type: custom|providers.p: the type 'custom' has no address of its own: add 'baseUrl' or 'endpoints'",
                "type: azure|providers.p: the type 'azure' has no address of its own: add 'azureServiceUrl', 'baseUrl' or 'endpoints'",
                "type: azure, baseUrl: 'http://h'|provider 'p': the type azure needs 'azureServiceUrl': add it, with its api-version",
                "type: azure, azureServiceUrl: 'https://r.openai.azure.com'|provider 'p': azureServiceUrl has no api-version: add ?api-version=… to it",
                "type: azure, azureServiceUrl: 'https://r.openai.azure.com?api-version='|provider 'p': azureServiceUrl has no api-version: add ?api-version=… to it",
                "type: azure, azureServiceUrl: 'a b'|providers.p.azureServiceUrl: expected a host or a URL, got 'a b'",
                "type: cloudflare|provider 'p': the type cloudflare needs 'cloudflareAccountId': add it",
                "type: gemini|providers.p.type: the type 'gemini' is not supported yet: use another",
                "type: openai, auth: { in: cookie }|providers.p.auth.in: expected one of bearer, raw, header, query, none, got 'cookie'",
                "type: openai, auth: { in: header }|provider 'p': auth in 'header' needs 'name'",
                "type: openai, auth: { in: bearer, name: x }|provider 'p': auth in 'bearer' takes no 'name': remove it, or write in: header",
                "type: openai, auth: { in: query, name: k, prefix: y }|provider 'p': auth in 'query' takes no 'prefix': remove it, or write in: header",
                "type: openai, auth: {}|providers.p.auth: required key 'in' is missing",
                "type: openai, paths: { chat: x }|providers.p.paths.chat: expected a path that begins with '/', without query, or false, got 'x'",
                "type: openai, paths: { chat: true }|provider 'p': 'paths.chat' is a path, or false: not true",
                "type: openai, paths: { chats: /x }|providers.p.paths.chats: expected one of chat, completions, responses",
                "type: openai, basePath: x|providers.p.basePath: expected a path that begins with '/', without query, got 'x'",
                "type: openai, basePathHandling: prepend|providers.p: 'basePathHandling' also needs the key 'basePath'",
                "type: openai, paths: { chat: /x }, capabilities: { openai/v1/embeddings: /y }|provider 'p': 'capabilities' is another spelling of 'paths', which is given too: keep one",
                "type: openai, qwenDomain: h|provider 'p': it is of type openai, but 'qwenDomain' is a setting of type qwen alone: remove it",
                "type: echo, paths: { chat: /x }|provider 'p': it is of type echo, which is reached nowhere: remove 'paths'",
                "type: qwen, qwenEnableCompatible: false|provider 'p': 'qwenEnableCompatible: false', the vendor's native API, is not supported yet: remove it",
                "type: openai, headers: { Host: x }|provider 'p': 'headers' cannot set 'Host', which the gateway itself sets: remove it",
                "type: openai, openaiCustomUrl: 'https://h/x?y=z'|provider 'p': openaiCustomUrl takes no query: remove it",
                "type: ollama, ollamaServerPort: 5|providers.p: 'ollamaServerPort' also needs the key 'ollamaServerHost'"
            })
    void aConfigThatCannotWorkIsRefused(String provider, String message) {
        try (TestGateway refused = TestGateway.with(new AiProxy()).config("""
                providers: { p: { %s } }
                routes: [ { name: r, match: { path: "/**" }, filters: [ ai-proxy: { provider: p } ] } ]
                """.formatted(provider))) {
            assertThatThrownBy(refused::start).hasMessageContaining(message);
        }
    }

    @Test
    void aFormGoesOutAsItCameAndItsModelNamesTheDeploymentWhereItIsRead() {
        String form = "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nasked\r\n--b\r\n"
                + "content-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nsound\r\n--b--\r\n";
        try (TestGateway forms = TestGateway.with(new AiProxy()).config("""
                providers:
                  o: { type: openai, baseUrl: "%1$s" }
                  a: { type: azure, azureServiceUrl: "%1$s?api-version=v" }
                routes:
                  - { name: o, match: { path: "/o/**" }, filters: [ ai-proxy: { provider: o } ] }
                  - { name: a, match: { path: "/a/**" }, filters: [ ai-proxy: { provider: a } ] }
                  - { name: m, match: { path: "/m/**", model: "*" }, filters: [ ai-proxy: { provider: a } ] }
                """.formatted(upstream.uri()))) {
            forms.start();
            int before = upstream.requests().size();
            List<HttpResponse<String>> answers = new ArrayList<>();
            for (String route : List.of("/o", "/a", "/m")) {
                answers.add(forms.send(HttpRequest.newBuilder(forms.uri(route + "/v1/audio/transcriptions"))
                        .header("content-type", "multipart/form-data; boundary=b")
                        .POST(BodyPublishers.ofString(form))));
            }
            assertThat(answers).extracting(HttpResponse::statusCode).containsExactly(200, 400, 200);
            assertThat(answers.get(1).body()).contains("match by model, or name a deployment in azureServiceUrl");
            List<Received> got = upstream.requests().subList(before, before + 2);
            assertThat(got).extracting(Received::text).containsOnly(form);
            assertThat(got)
                    .extracting(Received::target)
                    .containsExactly(
                            "/v1/audio/transcriptions", "/openai/deployments/asked/audio/transcriptions?api-version=v");
        }
    }

    @Test
    void theClientsOwnKeyGoesWhereAConfigSaysSo() {
        try (TestGateway passing = TestGateway.with(new AiProxy()).config("""
                providers: { p: { type: custom, baseUrl: "%s", apiTokens: [ key ], auth: { in: query, name: k } } }
                routes: [ { name: r, match: { path: "/**" }, filters: [ ai-proxy: { provider: p, passCredential: true } ] } ]
                """.formatted(upstream.uri()))) {
            passing.start();
            int before = upstream.requests().size();
            assertThat(passing.post("/v1/chat/completions?k=mine", CHAT).statusCode())
                    .isEqualTo(200);
            assertThat(passing.post("/v1/chat/completions", CHAT).statusCode()).isEqualTo(200);
            assertThat(upstream.requests().subList(before, before + 2))
                    .extracting(Received::target)
                    .containsExactly("/v1/chat/completions?k=mine", "/v1/chat/completions?k=key");
        }
    }

    @Test
    void aProviderThatOnlyAnotherFilterPicksIsCheckedToo() {
        try (TestGateway refused = TestGateway.with(new AiProxy()).config("""
                providers:
                  p: { type: openai }
                  q: { type: azure, azureServiceUrl: "https://r.openai.azure.com" }
                routes:
                  - { name: a, match: { path: "/a/**" }, filters: [ ai-proxy: { provider: p } ] }
                  - { name: b, match: { path: "/b/**" }, filters: [ ai-proxy: { provider: q } ] }
                """)) {
            assertThatThrownBy(refused::start).hasMessageContaining("provider 'q': azureServiceUrl has no api-version");
        }
    }
}
