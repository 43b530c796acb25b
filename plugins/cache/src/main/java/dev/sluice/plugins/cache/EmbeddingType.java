package dev.sluice.plugins.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;

/** The vendors of embeddings: where each is, what it is asked and where in its answer the vector stands. */
enum EmbeddingType {
    /** OpenAI, and all who speak its dialect. */
    OPENAI("https://api.openai.com", "/v1/embeddings", "text-embedding-3-small", "/data/0/embedding"),
    AZURE("", "/openai/deployments/{model}/embeddings", "text-embedding-ada-002", "/data/0/embedding", "apiVersion"),
    DASHSCOPE(
            "https://dashscope.aliyuncs.com",
            "/api/v1/services/embeddings/text-embedding/text-embedding",
            "text-embedding-v2",
            "/output/embeddings/0/embedding"),
    COHERE("https://api.cohere.com", "/v2/embed", "embed-english-v2.0", "/embeddings/float/0"),
    OLLAMA("", "/api/embed", "nomic-embed-text", "/embeddings/0"),
    HUGGINGFACE(
            "https://router.huggingface.co/hf-inference/models/{model}/pipeline/feature-extraction",
            "/pipeline/feature-extraction/{model}",
            "sentence-transformers/all-MiniLM-L6-v2",
            ""),
    TEXTIN(
            "https://api.textin.com",
            "/ai/service/v1/acge_embedding",
            "acge-text-embedding",
            "/result/embedding/0",
            "appId",
            "apiSecret",
            "dimensions"),
    XFYUN("https://emb-cn-huabei-1.xf-yun.com", "/", "query", "/payload/feature/text", "appId", "apiKey", "apiSecret");

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final String home;
    private final String path;
    private final String model;
    private final String vector;
    private final String needs;

    EmbeddingType(String home, String path, String model, String vector, String... needs) {
        this.home = home;
        this.path = path;
        this.model = model;
        this.vector = vector;
        this.needs = String.join(" ", needs);
    }

    /** As the config names it. */
    static EmbeddingType of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Its own place; empty if every user has another. */
    String home() {
        return home;
    }

    /** What follows the host, if the config gives no more than that. */
    String path() {
        return path;
    }

    /** Which model, unless told. */
    String model() {
        return model;
    }

    /** The fields of the config that it cannot do without. */
    List<String> needs() {
        return needs.isEmpty() ? List.of() : List.of(needs.split(" ", -1));
    }

    /** What it is asked; not xfyun's, which has an envelope of its own. */
    ObjectNode question(String model, String text, int dimensions) {
        ObjectNode body = JSON.objectNode();
        switch (this) {
            case OPENAI -> body.put("model", model).put("input", text);
            case AZURE -> body.put("input", text);
            case DASHSCOPE -> {
                body.put("model", model).putObject("input").putArray("texts").add(text);
                body.putObject("parameters").put("text_type", "query");
            }
            case COHERE -> {
                body.put("model", model).put("input_type", "search_document");
                body.putArray("texts").add(text);
                body.putArray("embedding_types").add("float");
            }
            case OLLAMA -> body.put("model", model).put("input", text);
            case HUGGINGFACE -> {
                body.put("inputs", text);
                body.putObject("options").put("wait_for_model", true);
            }
            case TEXTIN ->
                body.put("matryoshka_dim", dimensions).putArray("input").add(text);
            case XFYUN -> throw new IllegalStateException("xfyun has an envelope of its own");
        }
        if (dimensions > 0) {
            switch (this) {
                case OPENAI, AZURE, OLLAMA -> body.put("dimensions", dimensions);
                case DASHSCOPE -> body.withObject("/parameters").put("dimension", dimensions);
                case COHERE -> body.put("output_dimension", dimensions);
                default -> {}
            }
        }
        return body;
    }

    /** Where the vector stands in its answer; a missing node if nowhere. */
    JsonNode vector(JsonNode answer) {
        if (this != HUGGINGFACE) {
            return answer.at(vector);
        }
        return answer.path(0).isArray() ? answer.path(0) : answer;
    }
}
