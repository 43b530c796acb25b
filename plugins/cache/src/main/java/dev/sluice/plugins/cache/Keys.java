package dev.sluice.plugins.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.Key;
import dev.sluice.api.Provider;
import dev.sluice.api.Scope;
import dev.sluice.api.Target;
import dev.sluice.api.llm.ChatMessage;
import dev.sluice.api.llm.ChatMessage.Part;
import dev.sluice.api.llm.ChatMessage.Role;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.plugins.cache.CacheConfig.Sharing;
import dev.sluice.plugins.cache.Settings.Keying;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes keys of requests. Immutable. */
final class Keys {
    /** Another way to make keys has another number. */
    private static final int VERSION = 1;

    /** Where callers show who they are, where no filter has said it. */
    private static final List<String> CREDENTIALS =
            List.of("authorization", "x-api-key", "api-key", "apikey", "x-goog-api-key", "cookie");

    private final Sharing sharing;
    private final Keying keying;
    private final @Nullable String meanings;
    private final Map<String, Provider> providers;
    private final @Nullable Provider only;

    /**
     * Makes keys for a place.
     *
     * @param meanings by what questions are compared, for vectors of different models are not; null if they are not
     */
    Keys(Settings settings, Scope scope, @Nullable String meanings) {
        this.meanings = meanings;
        this.sharing = settings.sharing();
        this.keying = settings.keying();
        this.providers = scope.providers();
        String embeds = settings.semantic() == null ? null : settings.semantic().provider();
        List<String> named = scope.chain().providers().stream()
                .filter(name ->
                        !name.equals(embeds) || scope.chain().providers().size() == 1)
                .toList();
        this.only = named.size() == 1 ? providers.get(named.get(0)) : null;
    }

    /** The key of a chat; null if it has none: it is no conversation, or has no question to go by. */
    @Nullable
    CacheKey of(Exchange exchange, Body body) {
        ChatRequest chat = ChatRequest.of(exchange, body);
        List<ChatMessage> messages = chat.messages();
        if (messages.stream().allMatch(message -> message.role() == Role.SYSTEM)) {
            return null;
        }
        ObjectNode canonical = chat.canonical();
        if (keying != Keying.CONVERSATION) {
            String question = question(messages);
            if (question.isEmpty()) {
                return null;
            }
            canonical.remove("messages");
            canonical.put("system", chat.systemText());
            canonical.put("question", question);
        }
        String model = model(exchange, chat.model());
        canonical.put("model", model);
        String consumer = exchange.get(Key.CONSUMER);
        ArrayNode who = JsonNodeFactory.instance.arrayNode().add(VERSION).add(sharing.name());
        if (sharing != Sharing.GLOBAL) {
            who.add(exchange.route());
        }
        if (sharing == Sharing.CONSUMER) {
            caller(exchange, consumer, who);
        }
        if (exchange.dialect() == Dialect.ANTHROPIC) {
            who.add(exchange.request().headers().get("anthropic-beta"));
        }
        String hash = hash(who.toString(), canonical.toString());
        Question question = meanings == null ? null : similar(messages, canonical, who.add(meanings));
        return new CacheKey(hash, exchange.route(), model, consumer == null ? "" : consumer, question);
    }

    /** By what a similar request is found; null if what is asked last is no text alone. Takes the question out of the tree. */
    private @Nullable Question similar(List<ChatMessage> messages, ObjectNode canonical, ArrayNode who) {
        ChatMessage last = messages.get(messages.size() - 1);
        boolean plain = last.role() == Role.USER
                && last.parts().stream().allMatch(part -> part.kind() == Part.Kind.TEXT)
                && isTextAlone(canonical.path("messages"));
        String text = keying == Keying.ALL_QUESTIONS
                ? messages.stream()
                        .filter(message -> message.role() == Role.USER)
                        .map(ChatMessage::text)
                        .collect(Collectors.joining("\n"))
                : last.text();
        if (!plain || text.isBlank() || text.length() > Question.LONGEST) {
            return null;
        }
        canonical.remove("question");
        if (canonical.path("messages").path(canonical.path("messages").size() - 1) instanceof ObjectNode turn) {
            turn.remove("content");
        }
        return new Question(hash(who.toString(), canonical.toString()), text);
    }

    /** Anthropic's results of tools stand beside the text of a turn; a key of Higress's has no turns. */
    private static boolean isTextAlone(JsonNode turns) {
        if (turns.isMissingNode()) {
            return true;
        }
        JsonNode content = turns.path(turns.size() - 1).path("content");
        if (content.isTextual()) {
            return true;
        }
        for (JsonNode part : content) {
            if (!part.path("type").asText().equals("text")) {
                return false;
            }
        }
        return content.isArray();
    }

    /** The questions that count; empty if what is said is more than their text. */
    private String question(List<ChatMessage> messages) {
        ChatMessage last = messages.get(messages.size() - 1);
        if (last.role() != Role.USER) {
            return "";
        }
        List<ChatMessage> counting = keying == Keying.LAST_QUESTION
                ? List.of(last)
                : messages.stream()
                        .filter(message -> message.role() == Role.USER)
                        .toList();
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        for (ChatMessage message : counting) {
            if (message.parts().stream().anyMatch(part -> part.kind() != Part.Kind.TEXT)) {
                return "";
            }
            all.add(message.text());
        }
        return last.text().isBlank() ? "" : all.toString();
    }

    private String model(Exchange exchange, @Nullable String asked) {
        Target target = exchange.target();
        String wanted = target != null && target.model() != null ? target.model() : asked;
        Provider provider = target != null ? providers.get(target.provider()) : only;
        return wanted == null ? "" : provider == null ? wanted : provider.wireModel(wanted);
    }

    private static void caller(Exchange exchange, @Nullable String consumer, ArrayNode who) {
        if (consumer != null) {
            who.add("consumer").add(consumer);
            return;
        }
        who.add("credentials");
        CREDENTIALS.forEach(name -> who.add(exchange.request().headers().get(name)));
    }

    private static String hash(String who, String what) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(who.getBytes(StandardCharsets.UTF_8));
            sha.update((byte) '\n');
            sha.update(what.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JVM has SHA-256", e);
        }
    }
}
