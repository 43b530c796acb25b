package dev.sluice.plugins.aistatistics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Headers;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.ChatMessage;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.api.llm.ToolCall;
import dev.sluice.plugins.aistatistics.Attributes.BuiltIn;
import dev.sluice.plugins.aistatistics.Attributes.Rule;
import dev.sluice.plugins.aistatistics.Attributes.Source;
import dev.sluice.plugins.aistatistics.Attributes.Wanted;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The attributes of one exchange, as they come. Never more than the limit of each. */
final class Collected {
    private static final int MAX_CALLS = 64;

    /** One call, put together from its pieces. */
    private static final class Call {
        private @Nullable String id;
        private @Nullable String name;
        private final Bounded arguments;

        Call(int limit) {
            arguments = new Bounded(limit);
        }
    }

    private final Attributes attributes;
    private final Dialect dialect;
    private final int limit;
    private final Map<Wanted, Object> values = new HashMap<>();
    private final Map<BuiltIn, Bounded> texts = new HashMap<>();
    private final Map<Integer, Call> calls = new TreeMap<>();
    private final boolean wantsAnswer;
    private final boolean wantsReasoning;
    private final boolean wantsCalls;
    private final boolean wantsId;
    private @Nullable String chatId;
    private int rounds;

    Collected(Attributes attributes, Dialect dialect) {
        this.attributes = attributes;
        this.dialect = dialect;
        this.limit = attributes.limit();
        this.wantsAnswer = wants(BuiltIn.ANSWER);
        this.wantsReasoning = wants(BuiltIn.REASONING);
        this.wantsCalls = wants(BuiltIn.TOOL_CALLS);
        this.wantsId = wants(BuiltIn.CHAT_ID);
    }

    private boolean wants(BuiltIn builtIn) {
        return attributes.all().stream().anyMatch(one -> one.builtIn() == builtIn);
    }

    void requestHead(Headers headers) {
        header(Source.REQUEST_HEADER, headers);
    }

    void responseHead(Headers headers) {
        header(Source.RESPONSE_HEADER, headers);
    }

    private void header(Source source, Headers headers) {
        for (Wanted one : attributes.all()) {
            String value = one.source() == source ? headers.get(one.value()) : null;
            if (value != null) {
                values.put(one, Bounded.of(value, limit));
            }
        }
    }

    void request(Body body) {
        ChatRequest chat = ChatRequest.of(dialect, body);
        if (wants(BuiltIn.QUESTION)) {
            text(BuiltIn.QUESTION).append(chat.lastUserText());
        }
        if (wants(BuiltIn.SYSTEM)) {
            text(BuiltIn.SYSTEM).append(chat.systemText());
        }
        if (wants(BuiltIn.CHAT_ROUND)) {
            rounds = (int) chat.messages().stream()
                    .filter(message -> message.role() == ChatMessage.Role.USER)
                    .count();
        }
        tree(Source.REQUEST_BODY, body);
    }

    void answer(Body body) {
        ChatReply reply = ChatReply.of(dialect, body);
        if (wantsAnswer) {
            text(BuiltIn.ANSWER).append(reply.text());
        }
        if (wantsReasoning) {
            text(BuiltIn.REASONING).append(reply.reasoning());
        }
        if (wantsCalls) {
            reply.toolCalls().forEach(this::call);
        }
        if (wantsId) {
            id(body.field("id"));
        }
        tree(Source.RESPONSE_BODY, body);
    }

    private void id(JsonNode found) {
        if (found.isTextual() && !found.textValue().isEmpty()) {
            chatId = Bounded.of(found.textValue(), limit);
        }
    }

    private void tree(Source source, Body body) {
        for (Wanted one : attributes.all()) {
            JsonPath path = one.path();
            if (one.source() == source && path != null && body.isJson()) {
                Object value = bounded(path.in(body.json()));
                if (value != null) {
                    values.put(one, value);
                }
            }
        }
    }

    void event(Event event) {
        if (wantsId && chatId == null) {
            // Anthropic's stands in the message that its first event announces.
            JsonNode said = event.json();
            id(said.path("message").isObject() ? said.path("message").path("id") : said.path("id"));
        }
        if (wantsAnswer || wantsReasoning || wantsCalls) {
            ChatDelta delta = ChatDelta.of(dialect, event);
            // Only the first of several answers, as in a whole one.
            boolean first = dialect == Dialect.ANTHROPIC || delta.index() == 0;
            if (wantsAnswer && first) {
                text(BuiltIn.ANSWER).append(delta.text());
            }
            if (wantsReasoning && first) {
                text(BuiltIn.REASONING).append(delta.reasoning());
            }
            if (wantsCalls && first) {
                delta.toolCalls().forEach(this::call);
            }
        }
        for (Wanted one : attributes.all()) {
            if (one.source() == Source.RESPONSE_STREAMING_BODY && one.path() != null) {
                streamed(one, one.path(), event);
            }
        }
    }

    private void streamed(Wanted one, JsonPath path, Event event) {
        if (one.rule() == Rule.FIRST && values.containsKey(one)) {
            return;
        }
        JsonNode found = path.in(event.json());
        if (one.rule() == Rule.APPEND) {
            String text = text(found);
            if (!text.isEmpty()) {
                ((Bounded) values.computeIfAbsent(one, w -> new Bounded(limit))).append(text);
            }
            return;
        }
        Object value = bounded(found);
        if (value != null && !value.equals("")) {
            values.put(one, value);
        }
    }

    private static String text(JsonNode found) {
        return found.isMissingNode() || found.isNull() ? "" : found.isValueNode() ? found.asText() : found.toString();
    }

    private @Nullable Object bounded(JsonNode found) {
        if (found.isMissingNode() || found.isNull()) {
            return null;
        }
        if (found.isTextual()) {
            return Bounded.of(found.textValue(), limit);
        }
        String written = found.toString();
        return written.length() <= limit ? found : Bounded.of(written, limit);
    }

    private Bounded text(BuiltIn builtIn) {
        return texts.computeIfAbsent(builtIn, b -> new Bounded(limit));
    }

    private void call(ToolCall piece) {
        Call call = calls.get(piece.index());
        if (call == null) {
            if (calls.size() == MAX_CALLS) {
                return;
            }
            call = new Call(limit);
            calls.put(piece.index(), call);
        }
        if (piece.id() != null) {
            call.id = Bounded.of(piece.id(), limit);
        }
        if (piece.name() != null) {
            call.name = Bounded.of(piece.name(), limit);
        }
        call.arguments.append(piece.arguments());
    }

    /** Gives each attribute that has a value, a value being text, a number, a boolean or a tree; the last of a key counts. */
    void each(Usage usage, BiConsumer<Wanted, Object> taker) {
        // One key may have a source for streams and one for whole answers: what was found beats a default.
        for (Wanted one : attributes.all()) {
            if (one.defaultValue() != null) {
                taker.accept(one, Bounded.of(one.defaultValue(), limit));
            }
        }
        for (Wanted one : attributes.all()) {
            Object value = value(one, usage);
            if (value != null) {
                taker.accept(one, value);
            }
        }
    }

    private @Nullable Object value(Wanted one, Usage usage) {
        if (one.source() == Source.FIXED_VALUE) {
            return Bounded.of(one.value(), limit);
        }
        Object found = values.get(one);
        if (found == null && one.builtIn() != null) {
            found = builtIn(one.builtIn(), usage);
        }
        return found instanceof Bounded text ? text.toString() : found;
    }

    private @Nullable Object builtIn(BuiltIn builtIn, Usage usage) {
        boolean used = !usage.equals(Usage.NONE);
        return switch (builtIn) {
            case QUESTION, SYSTEM, ANSWER, REASONING -> {
                Bounded text = texts.get(builtIn);
                yield text == null || text.isEmpty() ? null : text;
            }
            case TOOL_CALLS -> calls.isEmpty() ? null : calls();
            case CHAT_ID -> chatId;
            case CHAT_ROUND -> rounds == 0 ? null : (Object) rounds;
            case REASONING_TOKENS -> used ? (Object) usage.reasoning() : null;
            case CACHED_TOKENS -> used ? (Object) usage.cachedInput() : null;
            case INPUT_TOKEN_DETAILS ->
                used
                        ? JsonNodeFactory.instance
                                .objectNode()
                                .put("cached_tokens", usage.cachedInput())
                                .put("cache_write_tokens", usage.cacheWrite())
                        : null;
            case OUTPUT_TOKEN_DETAILS ->
                used ? JsonNodeFactory.instance.objectNode().put("reasoning_tokens", usage.reasoning()) : null;
        };
    }

    private ArrayNode calls() {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        calls.values().forEach(call -> {
            ObjectNode one = all.addObject();
            if (call.id != null) {
                one.put("id", call.id);
            }
            one.put("name", call.name == null ? "" : call.name);
            one.put("arguments", call.arguments.toString());
        });
        return all;
    }
}
