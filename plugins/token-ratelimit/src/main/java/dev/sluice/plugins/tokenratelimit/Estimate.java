package dev.sluice.plugins.tokenratelimit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Body;
import dev.sluice.api.Exchange;
import dev.sluice.api.Operation;
import dev.sluice.api.llm.ChatMessage;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.api.llm.ModelName;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** What a request may use. Confined to the exchange's event loop. */
final class Estimate {
    /** Of a request without a body. */
    static final Estimate NOTHING = new Estimate(null, 0, text -> 0, null, 0, null);

    private static final int PER_MESSAGE = 4;
    private static final int PER_IMAGE = 765;
    private static final int MOST_ANSWERS = 128;
    private static final long MOST = 1_000_000_000L;
    private static final int BYTES_OF_A_TOKEN = 4;
    private static final long UNCOUNTED = -1;

    /** Counts the tokens of the input, by whoever counts those of a text. */
    private interface Input {
        long tokens(ToLongFunction<String> ofText);
    }

    private @Nullable Input input;
    private final long rough;
    private final ToLongFunction<String> counter;
    private final @Nullable Long allowance;
    private final int answers;
    private final @Nullable String model;
    private long counted = UNCOUNTED;

    private Estimate(
            @Nullable Input input,
            long rough,
            ToLongFunction<String> counter,
            @Nullable Long allowance,
            int answers,
            @Nullable String model) {
        this.input = input;
        this.rough = rough;
        this.counter = counter;
        this.allowance = allowance;
        this.answers = answers;
        this.model = model;
    }

    private static Estimate of(
            Exchange exchange, Input input, @Nullable Long allowance, int answers, @Nullable String model) {
        return new Estimate(input, input.tokens(Estimate::roughly), exchange::tokens, allowance, answers, model);
    }

    static Estimate of(Exchange exchange, Body body) {
        if (!body.isJson()) {
            return new Estimate(
                    null, 0, text -> 0, null, 0, ModelName.of(exchange, body).get());
        }
        if (exchange.operation() != Operation.CHAT) {
            return plain(exchange, body);
        }
        ChatRequest chat = ChatRequest.of(exchange, body);
        Long most = chat.maxOutput();
        int answers = body.json().path("n").asInt(1);
        return of(
                exchange,
                ofText -> tokens(chat, ofText),
                most == null ? null : Math.max(0, Math.min(MOST, most)),
                Math.max(1, Math.min(MOST_ANSWERS, answers)),
                chat.model());
    }

    private static long tokens(ChatRequest chat, ToLongFunction<String> ofText) {
        long input = 0;
        for (ChatMessage message : chat.messages()) {
            input += PER_MESSAGE;
            for (ChatMessage.Part part : message.parts()) {
                input += switch (part.kind()) {
                    case IMAGE, AUDIO, FILE -> PER_IMAGE;
                    default -> ofText.applyAsLong(part.text());
                };
            }
        }
        for (ChatRequest.Tool tool : chat.tools()) {
            input += ofText.applyAsLong(
                    tool.name() + tool.description() + tool.parameters().toString());
        }
        return input;
    }

    /** Embeddings and the like: what is sent is what is used. */
    private static Estimate plain(Exchange exchange, Body body) {
        boolean completes = body.json().has("prompt") && exchange.operation() == Operation.OTHER;
        JsonNode most = body.json().path("max_tokens");
        return of(
                exchange,
                ofText -> {
                    long input = 0;
                    for (String field : new String[] {"input", "prompt", "query", "documents"}) {
                        input += tokens(body.json().path(field), ofText);
                    }
                    return input;
                },
                most.canConvertToLong() ? Math.max(0, Math.min(MOST, most.asLong())) : null,
                completes ? 1 : 0,
                ModelName.of(exchange, body).get());
    }

    private static long tokens(JsonNode node, ToLongFunction<String> ofText) {
        if (node.isTextual()) {
            return ofText.applyAsLong(node.textValue());
        }
        if (node.isNumber()) {
            return 1;
        }
        long sum = 0;
        for (JsonNode below : node) {
            sum += tokens(below, ofText);
        }
        return sum;
    }

    /** By its bytes, of which a token has about as many in most languages. */
    private static long roughly(String text) {
        long bytes = text.length();
        for (int i = 0; i < text.length(); i++) {
            char one = text.charAt(i);
            if (one >= 0x80) {
                // Each half of a surrogate pair stands for two of its four bytes.
                bytes += one >= 0x800 && !Character.isSurrogate(one) ? 2 : 1;
            }
        }
        return (bytes + BYTES_OF_A_TOKEN - 1) / BYTES_OF_A_TOKEN;
    }

    /** Tokens of its input, by their bytes. */
    long rough() {
        return rough;
    }

    /** Tokens of its input, by a tokenizer: a hundred times as dear. As {@link #rough} if the input has been let go. */
    long counted() {
        if (counted == UNCOUNTED) {
            counted = input == null ? rough : input.tokens(counter);
        }
        return counted;
    }

    /** Keeps the request in memory no longer: an answer may take long. */
    void letGo() {
        input = null;
    }

    /** Tokens of output that it allows; null: it does not say. */
    @Nullable
    Long allowance() {
        return allowance;
    }

    /** Answers it asks for; 0: none of tokens. */
    int answers() {
        return answers;
    }

    /** The model it asks for; null: it names none. */
    @Nullable
    String model() {
        return model;
    }
}
