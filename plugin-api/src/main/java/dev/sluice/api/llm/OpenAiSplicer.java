package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Usage;
import org.jspecify.annotations.Nullable;

/** Splices chunks: the second stream's are the first's in all but what they add. */
final class OpenAiSplicer extends Splicer {
    private @Nullable Event like;

    OpenAiSplicer(Chats.FirstStream first, Chats.Continuation continuation, Usage spent) {
        super(first, continuation, spent);
    }

    @Override
    Events spliced(Event event) {
        if (!event.json().path("choices").isArray()) {
            return event;
        }
        JsonNode choice = event.json().path("choices").path(0);
        JsonNode delta = choice.path("delta");
        boolean reasons = dropsReasoning() && !OpenAiChat.reasoningOf(delta).isEmpty();
        boolean ends = choice.path("finish_reason").isTextual();
        String text = joint.add(Content.text(delta.path("content"), ""));
        if (ends || !delta.path("tool_calls").isEmpty()) {
            text += joint.finish();
        }
        String out = text;
        Event edited = event.edit(root -> {
            ObjectNode head = first.head;
            if (head != null) {
                root.setAll(head);
            }
            if (root.path("usage") instanceof ObjectNode usage) {
                OpenAiUsage.add(usage, spent);
            }
            if (root.path("choices").path(0).path("delta") instanceof ObjectNode d) {
                d.remove("role");
                if (dropsReasoning()) {
                    d.remove("reasoning_content");
                    d.remove("reasoning");
                }
                if (out.isEmpty()) {
                    d.remove("content");
                } else {
                    d.put("content", out);
                }
            }
        });
        JsonNode left = edited.json().path("choices").path(0).path("delta");
        boolean saysNothing = choice.isObject() && left.isEmpty() && !ends;
        if (saysNothing && !edited.json().path("usage").isObject()) {
            like = edited;
            return reasons || !Content.text(delta.path("content"), "").isEmpty() ? Events.held() : Events.none();
        }
        like = edited;
        return edited;
    }

    @Override
    Events ended() {
        String rest = joint.finish();
        Event template = like;
        return rest.isEmpty() || template == null ? Events.none() : first.view.textEvent(template, 0, rest);
    }
}
