package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import dev.sluice.api.Event;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The few fields that a vendor spells otherwise than OpenAI, as its row says. What needs no change keeps its bytes. */
final class Quirks {
    private Quirks() {}

    static void request(VendorRow row, Api api, Body body) {
        if (api == Api.CHAT) {
            chat(row, body);
        }
        List<String> dropped = row.drop().getOrDefault(api, List.of());
        if (!dropped.isEmpty() && dropped.stream().anyMatch(body::has)) {
            body.edit(root -> root.remove(dropped));
        }
        ObjectNode defaults = row.defaults().get(api);
        if (defaults != null && defaults.properties().stream().anyMatch(field -> !body.has(field.getKey()))) {
            body.edit(
                    root -> defaults.properties().forEach(field -> root.putIfAbsent(field.getKey(), field.getValue())));
        }
    }

    private static void chat(VendorRow row, Body body) {
        if (!row.keepsDeveloper() && hasDeveloper(body)) {
            body.edit(root -> root.path("messages").forEach(message -> {
                if (isDeveloper(message)) {
                    ((ObjectNode) message).put("role", "system");
                }
            }));
        }
        if (row.refusesStreamOptions() && body.has("stream_options")) {
            body.edit(root -> root.remove("stream_options"));
        }
        if (row.effortAsThinking() && body.field("reasoning_effort").isTextual()) {
            body.edit(root -> {
                String effort = root.remove("reasoning_effort").textValue();
                if (!root.has("thinking")) {
                    root.putObject("thinking").put("type", effort.equals("none") ? "disabled" : "enabled");
                }
            });
        }
        if (row.reasoningMaxTokens() && body.has("reasoning_max_tokens")) {
            body.edit(root -> {
                JsonNode most = root.remove("reasoning_max_tokens");
                root.remove("reasoning_effort");
                ObjectNode reasoning =
                        root.path("reasoning") instanceof ObjectNode there ? there : root.putObject("reasoning");
                reasoning.set("max_tokens", most);
            });
        }
    }

    private static boolean hasDeveloper(Body body) {
        for (JsonNode message : body.field("messages")) {
            if (isDeveloper(message)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isDeveloper(JsonNode message) {
        return message.isObject() && message.path("role").asText().equals("developer");
    }

    /** The event with the usage of its first choice at its top; null if it has none there. */
    static @Nullable Event usageAtTop(Event event) {
        JsonNode choice = event.json().path("choices").path(0);
        if (!choice.path("usage").isObject() || event.json().path("usage").isObject()) {
            return null;
        }
        ObjectNode tree = event.json().deepCopy();
        tree.set("usage", ((ObjectNode) tree.path("choices").path(0)).remove("usage"));
        return Event.json(tree);
    }
}
