package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.Operation;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An operation as vendors give it a path of its own; named as in a provider's {@code paths}. */
enum Api {
    CHAT("chat", "/chat/completions", "openai/v1/chatcompletions"),
    COMPLETIONS("completions", "/completions", "openai/v1/completions"),
    RESPONSES("responses", "/responses", "openai/v1/responses"),
    EMBEDDINGS("embeddings", "/embeddings", "openai/v1/embeddings"),
    IMAGES("images", "/images/generations", "openai/v1/imagegeneration"),
    IMAGE_EDITS("imageEdits", "/images/edits", "openai/v1/imageedit"),
    IMAGE_VARIATIONS("imageVariations", "/images/variations", "openai/v1/imagevariation"),
    SPEECH("speech", "/audio/speech", "openai/v1/audiospeech"),
    TRANSCRIPTIONS("transcriptions", "/audio/transcriptions", "openai/v1/audiotranscription"),
    TRANSLATIONS("translations", "/audio/translations", "openai/v1/audiotranslation"),
    MODERATIONS("moderations", "/moderations", null),
    RERANK("rerank", "/rerank", "cohere/v1/rerank"),
    MODELS("models", "/models", "openai/v1/models"),
    FILES("files", "/files", "openai/v1/files"),
    BATCHES("batches", "/batches", "openai/v1/batches"),
    FINE_TUNING("fineTuning", "/fine_tuning", null),
    VIDEOS("videos", "/videos", "openai/v1/videos"),
    CONVERSATIONS("conversations", "/conversations", null),
    REALTIME("realtime", "/realtime", "openai/v1/realtime"),
    MESSAGES("messages", "/messages", "anthropic/v1/messages"),
    COUNT_TOKENS("countTokens", "/messages/count_tokens", null);

    /** Those with resources below their path. */
    private static final List<Api> COLLECTIONS =
            List.of(MODELS, FILES, BATCHES, FINE_TUNING, VIDEOS, CONVERSATIONS, RESPONSES);

    private final String key;
    private final String path;
    private final @Nullable String capability;

    Api(String key, String path, @Nullable String capability) {
        this.key = key;
        this.path = path;
        this.capability = capability;
    }

    /** Its name in a config. */
    @JsonValue
    String key() {
        return key;
    }

    /** Its path at OpenAI or Anthropic, behind the version. */
    String path() {
        return path;
    }

    /** Higress's name for it; null if it has none. */
    @Nullable
    String capability() {
        return capability;
    }

    /** Whether its bodies are in Anthropic's dialect. */
    boolean isAnthropics() {
        return this == MESSAGES || this == COUNT_TOKENS;
    }

    /** The one of that name in a config. */
    @JsonCreator
    static Api of(String key) {
        return Arrays.stream(values())
                .filter(api -> api.key.equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no operation is named '" + key + "'"));
    }

    /** What an exchange asks for; null if no vendor here has it. */
    static @Nullable Api of(Exchange exchange) {
        if (exchange.operation() == Operation.CHAT) {
            return switch (exchange.dialect()) {
                case OPENAI -> CHAT;
                case ANTHROPIC -> MESSAGES;
                case OPENAI_RESPONSES -> RESPONSES;
                case OPENAI_COMPLETIONS -> COMPLETIONS;
                default -> null;
            };
        }
        if (exchange.operation() == Operation.COUNT_TOKENS) {
            return exchange.dialect() == Dialect.ANTHROPIC ? COUNT_TOKENS : null;
        }
        boolean known = exchange.dialect() == Dialect.OPENAI || exchange.dialect() == Dialect.NONE;
        return known ? ofPath(exchange.request().path()) : null;
    }

    private static @Nullable Api ofPath(String path) {
        int version = path.indexOf("/v1/");
        if (version < 0) {
            return null;
        }
        if (path.endsWith("/v1/reranks")) {
            return RERANK;
        }
        for (Api api : values()) {
            if (!api.isAnthropics() && path.endsWith(api.path) && path.startsWith("/v1", end(path, api) - 3)) {
                return api;
            }
        }
        for (Api api : COLLECTIONS) {
            if (at(path, api) >= 0) {
                return api;
            }
        }
        return null;
    }

    private static int end(String path, Api api) {
        return path.length() - api.path.length();
    }

    private static int at(String path, Api api) {
        return path.indexOf("/v1" + api.path + "/");
    }

    /** What follows the collection in a client's path, from its slash on; empty for none. */
    String rest(String path) {
        if (!COLLECTIONS.contains(this)) {
            return "";
        }
        int at = at(path, this);
        return at < 0 ? "" : path.substring(at + "/v1".length() + this.path.length());
    }
}
