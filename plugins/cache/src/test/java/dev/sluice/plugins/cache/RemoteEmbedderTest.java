package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.HttpRequest;
import dev.sluice.plugins.cache.SemanticConfig.EmbeddingConfig;
import dev.sluice.testkit.FakeAnswers;
import dev.sluice.testkit.FakeScope;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each vendor is asked, and where in its answer the vector is. */
final class RemoteEmbedderTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final FakeScope scope = new FakeScope();

    private static EmbeddingConfig config(String type, String url) {
        return new EmbeddingConfig(
                type,
                url.isEmpty() ? null : URI.create(url),
                null,
                "secret-key",
                null,
                type.equals("textin") ? 2 : null,
                "app",
                "secret-code",
                type.equals("azure") ? "2024-02-01" : null,
                null);
    }

    private HttpRequest asked(String type, String url, String answer) {
        scope.calls().next(FakeAnswers.json(200, answer));
        Embedder embedder = RemoteEmbedder.of(config(type, url), "embedding", Duration.ofSeconds(1), scope);
        assertThat(embedder.embed("hi").toCompletableFuture().join()).containsExactly(0.5f, -1f);
        assertThat(embedder.name()).doesNotContain("secret");
        return scope.calls().asked().get(scope.calls().asked().size() - 1);
    }

    private static String header(HttpRequest request, String name) {
        return request.headers().stream()
                .filter(field -> field.getKey().equalsIgnoreCase(name))
                .map(java.util.Map.Entry::getValue)
                .findFirst()
                .orElse("");
    }

    private static String body(HttpRequest request) {
        return new String(request.body(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "openai | '' | https://api.openai.com/v1/embeddings | {\"data\":[{\"embedding\":[0.5,-1]}]} | {\"model\":\"text-embedding-3-small\",\"input\":\"hi\"}",
                "openai | http://h:1/v1/ | http://h:1/v1/embeddings | {\"data\":[{\"embedding\":[0.5,-1]}]} | {\"model\":\"text-embedding-3-small\",\"input\":\"hi\"}",
                "openai | http://h:1/x/embeddings | http://h:1/x/embeddings | {\"data\":[{\"embedding\":[0.5,-1]}]} | {\"model\":\"text-embedding-3-small\",\"input\":\"hi\"}",
                "azure | https://r.openai.azure.com | https://r.openai.azure.com/openai/deployments/text-embedding-ada-002/embeddings?api-version=2024-02-01 | {\"data\":[{\"embedding\":[0.5,-1]}]} | {\"input\":\"hi\"}",
                "dashscope | '' | https://dashscope.aliyuncs.com/api/v1/services/embeddings/text-embedding/text-embedding | {\"output\":{\"embeddings\":[{\"embedding\":[0.5,-1],\"text_index\":0}]}} | {\"model\":\"text-embedding-v2\",\"input\":{\"texts\":[\"hi\"]},\"parameters\":{\"text_type\":\"query\"}}",
                "cohere | '' | https://api.cohere.com/v2/embed | {\"embeddings\":{\"float\":[[0.5,-1]]}} | {\"model\":\"embed-english-v2.0\",\"input_type\":\"search_document\",\"texts\":[\"hi\"],\"embedding_types\":[\"float\"]}",
                "ollama | http://h:11434 | http://h:11434/api/embed | {\"embeddings\":[[0.5,-1]]} | {\"model\":\"nomic-embed-text\",\"input\":\"hi\"}",
                "huggingface | '' | https://router.huggingface.co/hf-inference/models/sentence-transformers/all-MiniLM-L6-v2/pipeline/feature-extraction | [0.5,-1] | {\"inputs\":\"hi\",\"options\":{\"wait_for_model\":true}}",
                "huggingface | http://h | http://h/pipeline/feature-extraction/sentence-transformers/all-MiniLM-L6-v2 | [[0.5,-1]] | {\"inputs\":\"hi\",\"options\":{\"wait_for_model\":true}}",
                "textin | '' | https://api.textin.com/ai/service/v1/acge_embedding | {\"code\":200,\"result\":{\"embedding\":[[0.5,-1]],\"matryoshka_dim\":2}} | {\"matryoshka_dim\":2,\"input\":[\"hi\"]}"
            })
    void aVendorIsAskedInItsOwnShape(String type, String url, String uri, String answer, String body)
            throws IOException {
        HttpRequest request = asked(type, url, answer);
        assertThat(request.uri()).hasToString(uri);
        assertThat(MAPPER.readTree(body(request))).isEqualTo(MAPPER.readTree(body));
        switch (type) {
            case "azure" -> assertThat(header(request, "api-key")).isEqualTo("secret-key");
            case "textin" -> {
                assertThat(header(request, "x-ti-app-id")).isEqualTo("app");
                assertThat(header(request, "x-ti-secret-code")).isEqualTo("secret-code");
            }
            default -> assertThat(header(request, "authorization")).isEqualTo("Bearer secret-key");
        }
    }

    @Test
    void xfyunIsSigned() throws IOException {
        HttpRequest request = Xfyun.request(
                URI.create("https://emb-cn-huabei-1.xf-yun.com"),
                "hi",
                "app",
                "key",
                "secret",
                "query",
                Instant.parse("2024-01-02T03:04:05Z"));
        assertThat(request.uri().getQuery())
                .startsWith("host=emb-cn-huabei-1.xf-yun.com&date=Tue, 02 Jan 2024 03:04:05 GMT&authorization=");
        String authorization = request.uri().getQuery().replaceAll(".*&authorization=", "");
        assertThat(new String(Base64.getDecoder().decode(authorization), StandardCharsets.UTF_8))
                .startsWith(
                        "api_key=\"key\", algorithm=\"hmac-sha256\", headers=\"host date request-line\", signature=\"")
                .doesNotContain("secret");
        JsonNode body = MAPPER.readTree(request.body());
        assertThat(body.at("/header/app_id").asText()).isEqualTo("app");
        assertThat(body.at("/parameter/emb/domain").asText()).isEqualTo("query");
        JsonNode said = MAPPER.readTree(
                Base64.getDecoder().decode(body.at("/payload/messages/text").asText()));
        assertThat(said).hasToString("{\"messages\":[{\"content\":\"hi\",\"role\":\"user\"}]}");

        ByteBuffer bytes = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(0.5f)
                .putFloat(-1f);
        String vector = Base64.getEncoder().encodeToString(bytes.array());
        asked("xfyun", "", "{\"header\":{\"code\":0},\"payload\":{\"feature\":{\"text\":\"" + vector + "\"}}}");
        assertThatThrownBy(() -> Xfyun.vector("AAA=")).hasMessage("xfyun answers without a vector");
        assertThatThrownBy(() -> Xfyun.vector("!")).hasMessage("xfyun answers with a vector that is no Base64");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{\"data\":[]}",
                "{\"data\":[{\"embedding\":[]}]}",
                "{\"data\":[{\"embedding\":\"AAAA\"}]}"
            })
    void anAnswerWithoutAVectorIsAFailure(String answer) {
        scope.calls().next(FakeAnswers.json(200, answer));
        Embedder embedder = RemoteEmbedder.of(config("openai", "http://h"), "embedding", Duration.ofSeconds(1), scope);
        assertThatThrownBy(() -> embedder.embed("hi").toCompletableFuture().join())
                .hasMessageContaining("h answers without a vector");
    }

    @Test
    void aStatusIsAFailureThatNamesNoKey() {
        scope.calls().next(FakeAnswers.json(401, "{\"error\":\"secret-key is wrong\"}"));
        Embedder embedder = RemoteEmbedder.of(config("openai", "http://h"), "embedding", Duration.ofSeconds(1), scope);
        assertThatThrownBy(() -> embedder.embed("hi").toCompletableFuture().join())
                .hasMessageEndingWith("h answers with status 401");
    }
}
