package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import dev.sluice.api.Provider;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a provider's config changes in chats, whatever its type.
 *
 * @param settings fields of each request that are set
 * @param cleanupCommands user messages that forget what stands before them
 * @param mergesConsecutive whether messages of one role in a row become one
 * @param promotesThinking whether thoughts are the answer where there is no other
 * @param responseFormat {@code response_format} of each chat; null: the client's
 * @param context a text that joins the instructions; null: none
 * @param firstEvent in milliseconds; 0: the route's
 * @param contextTimeout for fetching the context
 */
record ChatOptions(
        List<CustomSetting> settings,
        Set<String> cleanupCommands,
        boolean mergesConsecutive,
        boolean promotesThinking,
        @Nullable ObjectNode responseFormat,
        @Nullable URI context,
        long firstEvent,
        Duration contextTimeout) {
    private static final long DEFAULT_TIMEOUT_MILLIS = 120_000;

    /** The fields of a provider that are read here. */
    static final List<String> NAMES = List.of(
            "customSettings",
            "contextCleanupCommands",
            "mergeConsecutiveMessages",
            "promoteThinkingOnEmpty",
            "hiclawMode",
            "responseJsonSchema",
            "context",
            "firstByteTimeout",
            "timeout",
            "reasoningContentMode",
            "failover",
            "retryOnFailure");

    /**
     * A provider's.
     *
     * @param anthropics whether the provider speaks Anthropic's dialect
     * @throws IllegalArgumentException if they cannot work; the message says why
     */
    static ChatOptions of(Provider provider, boolean anthropics) {
        JsonNode config = provider.config();
        List<CustomSetting> settings = new ArrayList<>();
        for (JsonNode setting : config.path("customSettings")) {
            settings.add(CustomSetting.of(setting, anthropics));
        }
        List<String> commands = new ArrayList<>();
        config.path("contextCleanupCommands").forEach(command -> commands.add(command.asText()));
        boolean both = config.path("hiclawMode").asBoolean(false);
        for (String elsewhere : new String[] {"failover", "retryOnFailure"}) {
            if (config.path(elsewhere).path("enabled").asBoolean(false)) {
                throw new IllegalArgumentException("'" + elsewhere + "' is what the filter key-failover does: put its"
                        + " settings there, before ai-proxy in the route's filters, and remove it here");
            }
        }
        if (!config.path("reasoningContentMode").asText("passthrough").equals("passthrough")) {
            throw new IllegalArgumentException(
                    "'reasoningContentMode' has an effect with qwen's native API alone, which"
                            + " is not supported yet: remove it");
        }
        if (anthropics && config.has("responseJsonSchema")) {
            throw new IllegalArgumentException(
                    "'responseJsonSchema' is for providers of OpenAI's dialect, which this one does not speak: remove it");
        }
        String file = config.path("context").path("fileUrl").asText("");
        return new ChatOptions(
                List.copyOf(settings),
                Set.copyOf(commands),
                both || config.path("mergeConsecutiveMessages").asBoolean(false),
                both || config.path("promoteThinkingOnEmpty").asBoolean(false),
                config.path("responseJsonSchema") instanceof ObjectNode schema ? format(schema) : null,
                file.isEmpty() ? null : URI.create(file),
                config.path("firstByteTimeout").asLong(0),
                Duration.ofMillis(config.path("timeout").asLong(DEFAULT_TIMEOUT_MILLIS)));
    }

    /** A whole {@code response_format} stays what it is, a bare schema becomes one. */
    private static ObjectNode format(ObjectNode schema) {
        String type = schema.path("type").asText();
        if (type.equals("json_schema") || type.equals("json_object") || type.equals("text")) {
            return schema;
        }
        ObjectNode format = JsonNodeFactory.instance.objectNode().put("type", "json_schema");
        format.putObject("json_schema").put("name", "response").set("schema", schema);
        return format;
    }

    /** Whether a client's chat is changed before it is translated. */
    boolean shapes() {
        return !cleanupCommands.isEmpty() || mergesConsecutive || context != null;
    }

    /** How long a stream may take to begin; null: the route's. */
    @Nullable
    Duration firstEventWithin() {
        return firstEvent == 0 ? null : Duration.ofMillis(firstEvent);
    }

    /** Sets what a provider's request is to say; it is in the provider's dialect. */
    void request(Body body, boolean chat) {
        if (!settings.isEmpty() && settings.stream().anyMatch(setting -> setting.applies(body.json()))) {
            body.edit(root ->
                    settings.stream().filter(setting -> setting.applies(root)).forEach(setting -> setting.set(root)));
        }
        ObjectNode format = responseFormat;
        if (chat && format != null) {
            body.edit(root -> root.set("response_format", format.deepCopy()));
        }
    }

    /** Where the last command stands among the messages; -1: there is none. */
    int lastCommand(JsonNode messages) {
        for (int i = messages.size() - 1; !cleanupCommands.isEmpty() && i >= 0; i--) {
            if (role(messages.get(i)).equals("user") && cleanupCommands.contains(text(messages.get(i)))) {
                return i;
            }
        }
        return -1;
    }

    /** Drops the command there, and all before it but the instructions. */
    static void forget(ArrayNode messages, int command) {
        messages.remove(command);
        for (int i = command - 1; i >= 0; i--) {
            String role = role(messages.get(i));
            if (!role.equals("system") && !role.equals("developer")) {
                messages.remove(i);
            }
        }
    }

    static String role(JsonNode message) {
        return message.path("role").asText();
    }

    private static String text(JsonNode message) {
        JsonNode content = message.path("content");
        if (content.isTextual()) {
            return content.textValue();
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode part : content) {
            if (!part.path("type").asText().equals("text")) {
                return "";
            }
            texts.add(part.path("text").asText());
        }
        return String.join("\n", texts);
    }

    /** Makes one message of those of one role in a row; nothing that they say is lost. */
    static void merge(ArrayNode messages) {
        for (int i = messages.size() - 1; i > 0; i--) {
            String role = role(messages.get(i));
            boolean talks = role.equals("user") || role.equals("assistant");
            if (talks
                    && role.equals(role(messages.get(i - 1)))
                    && messages.get(i - 1) instanceof ObjectNode first
                    && messages.get(i) instanceof ObjectNode second) {
                merge(first, second);
                messages.remove(i);
            }
        }
    }

    /** Whether two messages of one role stand in a row. */
    static boolean isMergeable(JsonNode messages) {
        for (int i = 1; i < messages.size(); i++) {
            String role = role(messages.get(i));
            if ((role.equals("user") || role.equals("assistant")) && role.equals(role(messages.get(i - 1)))) {
                return true;
            }
        }
        return false;
    }

    private static void merge(ObjectNode first, ObjectNode second) {
        second.properties().forEach(field -> {
            switch (field.getKey()) {
                case "role" -> {}
                case "content" -> first.set("content", joined(first.path("content"), field.getValue()));
                case "tool_calls" -> {
                    ArrayNode calls = JsonNodeFactory.instance.arrayNode();
                    first.path("tool_calls").forEach(calls::add);
                    field.getValue().forEach(calls::add);
                    first.set("tool_calls", calls);
                }
                default -> first.set(field.getKey(), field.getValue());
            }
        });
    }

    private static JsonNode joined(JsonNode one, JsonNode other) {
        if (isEmpty(one) || isEmpty(other)) {
            return isEmpty(one) ? other : one;
        }
        if (one.isTextual() && other.isTextual()) {
            return JsonNodeFactory.instance.textNode(one.textValue() + "\n\n" + other.textValue());
        }
        ArrayNode parts = JsonNodeFactory.instance.arrayNode();
        for (JsonNode content : new JsonNode[] {one, other}) {
            if (content.isTextual()) {
                parts.addObject().put("type", "text").put("text", content.textValue());
            } else {
                content.forEach(parts::add);
            }
        }
        return parts;
    }

    private static boolean isEmpty(JsonNode content) {
        return content.isMissingNode()
                || content.isNull()
                || (content.isTextual() && content.textValue().isEmpty());
    }
}
