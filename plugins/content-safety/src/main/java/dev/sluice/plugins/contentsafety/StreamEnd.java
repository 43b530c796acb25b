package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Knows what the client has of a stream, and so how to end it as one that is refused. Confined to the exchange. */
final class StreamEnd {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final List<String> HEAD = List.of("id", "object", "created", "model", "system_fingerprint");

    private final Exchange exchange;
    private final Refusal refusal;
    private final TreeSet<Integer> openChoices = new TreeSet<>();
    private @Nullable ObjectNode head;
    private boolean began;
    private boolean anthropic;
    private int openBlock = -1;
    private int nextBlock;
    private int said;

    StreamEnd(Exchange exchange, Refusal refusal) {
        this.exchange = exchange;
        this.refusal = refusal;
    }

    /** An event flows on to the client. */
    void passes(Event event) {
        began = true;
        JsonNode tree = event.json();
        JsonNode choices = tree.path("choices");
        if (choices.isArray()) {
            if (head == null && !choices.isEmpty()) {
                head = NODES.objectNode();
                for (String field : HEAD) {
                    if (tree.has(field)) {
                        head.set(field, tree.get(field));
                    }
                }
            }
            for (JsonNode choice : choices) {
                int index = choice.path("index").asInt(0);
                if (choice.path("finish_reason").isTextual()) {
                    openChoices.remove(index);
                } else {
                    openChoices.add(index);
                }
            }
        }
        switch (tree.path("type").asText("")) {
            case "message_start" -> anthropic = true;
            case "content_block_start" -> {
                openBlock = tree.path("index").asInt(0);
                nextBlock = Math.max(nextBlock, openBlock + 1);
            }
            case "content_block_delta" ->
                said += exchange.tokens(tree.path("delta").path("text").asText(""));
            case "content_block_stop" -> openBlock = -1;
            default -> {}
        }
    }

    /** These events, which have {@linkplain #passes passed}, and behind them the refusal. */
    Events refuse(List<Event> before, List<Finding> findings) {
        if (!began) {
            return Events.end(refusal.stream(exchange, findings));
        }
        List<Event> out = new ArrayList<>(before);
        if (anthropic) {
            anthropic(out, refusal.lastText(findings));
            return Events.end(out);
        }
        ObjectNode like = head;
        if (like == null) {
            return Events.fail(Reply.error(400, "content_blocked", refusal.lastText(findings)));
        }
        for (int index : openChoices) {
            ObjectNode chunk = like.deepCopy();
            ObjectNode choice = chunk.putArray("choices").addObject().put("index", index);
            choice.set("delta", refusal.lastDelta(findings));
            choice.put("finish_reason", refusal.finishReason());
            out.add(Event.json(chunk));
        }
        return Events.end(out);
    }

    private void anthropic(List<Event> out, String text) {
        if (openBlock >= 0) {
            out.add(block("content_block_stop", openBlock));
        }
        if (!text.isEmpty()) {
            ObjectNode start =
                    NODES.objectNode().put("type", "content_block_start").put("index", nextBlock);
            start.putObject("content_block").put("type", "text").put("text", "");
            out.add(named(start));
            ObjectNode delta =
                    NODES.objectNode().put("type", "content_block_delta").put("index", nextBlock);
            delta.putObject("delta").put("type", "text_delta").put("text", text);
            out.add(named(delta));
            out.add(block("content_block_stop", nextBlock));
        }
        ObjectNode last = NODES.objectNode().put("type", "message_delta");
        last.putObject("delta").put("stop_reason", "refusal").putNull("stop_sequence");
        last.putObject("usage").put("output_tokens", said);
        out.add(named(last));
        out.add(named(NODES.objectNode().put("type", "message_stop")));
    }

    private static Event block(String type, int index) {
        return named(NODES.objectNode().put("type", type).put("index", index));
    }

    private static Event named(ObjectNode tree) {
        return Event.json(tree).name(tree.path("type").textValue());
    }

    /** The check could not be made. */
    Events unavailable() {
        return Events.fail(SafetyFilter.unavailable());
    }
}
