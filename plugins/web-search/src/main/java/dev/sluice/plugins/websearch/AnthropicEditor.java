package dev.sluice.plugins.websearch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.FinishReason;
import java.util.ArrayList;
import java.util.List;

/** References in Anthropic's messages, whose text is in blocks: what is put at the end is a block of its own. */
final class AnthropicEditor implements AnswerEditor {
    private final Placer placer;
    private int lastBlock = -1;
    private boolean calls;
    private boolean over;

    AnthropicEditor(References references) {
        this.placer = new Placer(references);
    }

    @Override
    public Events event(Event event) {
        ChatDelta delta = ChatDelta.of(Dialect.ANTHROPIC, event);
        return switch (event.json().path("type").asText()) {
            case "content_block_start", "content_block_delta" -> {
                lastBlock = Math.max(lastBlock, delta.index());
                calls |= !delta.toolCalls().isEmpty();
                String text = delta.text();
                String now = text.isEmpty() ? "" : placer.add(text);
                yield now.equals(text) ? event : delta.withText(now);
            }
            case "content_block_stop" -> {
                String rest = placer.release();
                yield rest.isEmpty() ? event : Events.of(text(delta.index(), rest), event);
            }
            case "message_delta" -> {
                FinishReason reason = delta.finishReason();
                String more = over || reason == null ? "" : placer.finish(!calls && AnswerEditor.refers(reason));
                over |= reason != null;
                yield more.isEmpty() ? event : Events.of(block(more, event));
            }
            default -> event;
        };
    }

    private List<Event> block(String text, Event after) {
        int index = ++lastBlock;
        ObjectNode start = node("content_block_start", index);
        start.putObject("content_block").put("type", "text").put("text", "");
        List<Event> events = new ArrayList<>();
        events.add(Event.json(start).name("content_block_start"));
        events.add(text(index, text));
        events.add(Event.json(node("content_block_stop", index)).name("content_block_stop"));
        events.add(after);
        return events;
    }

    private static Event text(int index, String text) {
        ObjectNode tree = node("content_block_delta", index);
        tree.putObject("delta").put("type", "text_delta").put("text", text);
        return Event.json(tree).name("content_block_delta");
    }

    private static ObjectNode node(String type, int index) {
        return JsonNodeFactory.instance.objectNode().put("type", type).put("index", index);
    }

    @Override
    public List<Event> end() {
        return List.of();
    }

    @Override
    public void whole(Body body) {
        if (body.isObject() && body.field("content").isArray()) {
            body.edit(this::whole);
        }
    }

    private void whole(ObjectNode root) {
        ArrayNode blocks = (ArrayNode) root.path("content");
        for (JsonNode block : blocks) {
            String type = block.path("type").asText();
            calls |= type.equals("tool_use");
            String text = block.path("text").asText("");
            if (type.equals("text") && !text.isEmpty() && block instanceof ObjectNode object) {
                object.put("text", placer.add(text) + placer.release());
            }
        }
        String reason = root.path("stop_reason").asText("");
        String more = placer.finish(!calls && !reason.equals("refusal"));
        if (!more.isEmpty()) {
            blocks.addObject().put("type", "text").put("text", more);
        }
    }
}
