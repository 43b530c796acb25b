package dev.sluice.plugins.tokenratelimit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Body;
import dev.sluice.api.Exchange;
import dev.sluice.api.Operation;
import dev.sluice.api.llm.ChatMessage;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.api.llm.ModelName;
import org.jspecify.annotations.Nullable;

/**
 * What a request may use. Immutable.
 *
 * @param input tokens of its input
 * @param allowance tokens of output that it allows; null: it does not say
 * @param answers answers it asks for; 0: none of tokens
 * @param model the model it asks for; null: it names none
 */
record Estimate(
        long input,
        @Nullable Long allowance,
        int answers,
        @Nullable String model) {
    /** Of a request without a body. */
    static final Estimate NOTHING = new Estimate(0, null, 0, null);

    private static final int PER_MESSAGE = 4;
    private static final int PER_IMAGE = 765;
    private static final int MOST_ANSWERS = 128;
    private static final long MOST = 1_000_000_000L;

    static Estimate of(Exchange exchange, Body body) {
        if (!body.isJson()) {
            return new Estimate(0, null, 0, ModelName.of(exchange, body).get());
        }
        if (exchange.operation() != Operation.CHAT) {
            return plain(exchange, body);
        }
        ChatRequest chat = ChatRequest.of(exchange, body);
        long input = 0;
        for (ChatMessage message : chat.messages()) {
            input += PER_MESSAGE;
            for (ChatMessage.Part part : message.parts()) {
                input += switch (part.kind()) {
                    case IMAGE, AUDIO, FILE -> PER_IMAGE;
                    default -> exchange.tokens(part.text());
                };
            }
        }
        for (ChatRequest.Tool tool : chat.tools()) {
            input += exchange.tokens(
                    tool.name() + tool.description() + tool.parameters().toString());
        }
        Long most = chat.maxOutput();
        int answers = body.json().path("n").asInt(1);
        return new Estimate(
                input,
                most == null ? null : Math.max(0, Math.min(MOST, most)),
                Math.max(1, Math.min(MOST_ANSWERS, answers)),
                chat.model());
    }

    /** Embeddings and the like: what is sent is what is used. */
    private static Estimate plain(Exchange exchange, Body body) {
        long input = 0;
        for (String field : new String[] {"input", "prompt", "query", "documents"}) {
            input += tokens(exchange, body.json().path(field));
        }
        boolean completes = body.json().has("prompt") && exchange.operation() == Operation.OTHER;
        JsonNode most = body.json().path("max_tokens");
        return new Estimate(
                input,
                most.canConvertToLong() ? Math.max(0, Math.min(MOST, most.asLong())) : null,
                completes ? 1 : 0,
                ModelName.of(exchange, body).get());
    }

    private static long tokens(Exchange exchange, JsonNode node) {
        if (node.isTextual()) {
            return exchange.tokens(node.textValue());
        }
        if (node.isNumber()) {
            return 1;
        }
        long sum = 0;
        for (JsonNode below : node) {
            sum += tokens(exchange, below);
        }
        return sum;
    }

    /** Tokens of output it may need, where answers usually need that many. */
    double output(double usual) {
        return answers * (allowance == null ? usual : allowance.doubleValue());
    }
}
