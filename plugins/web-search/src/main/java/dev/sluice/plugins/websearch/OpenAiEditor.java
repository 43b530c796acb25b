package dev.sluice.plugins.websearch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** References in OpenAI's chat completions; each choice is a text of its own. */
final class OpenAiEditor implements AnswerEditor {
    private final References references;
    private final Map<Integer, Choice> choices = new TreeMap<>();
    private @Nullable Event like;

    OpenAiEditor(References references) {
        this.references = references;
    }

    private final class Choice {
        private final Placer placer = new Placer(references);
        private boolean calls;
        private boolean over;
    }

    @Override
    public Events event(Event event) {
        JsonNode all = event.json().path("choices");
        if (all.isEmpty()) {
            return event;
        }
        if (all.size() == 1) {
            return Events.of(one(event));
        }
        List<Event> out = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            JsonNode choice = all.get(i);
            boolean last = i == all.size() - 1;
            out.addAll(one(event.edit(root -> {
                root.putArray("choices").add(choice);
                if (!last) {
                    root.remove("usage");
                }
            })));
        }
        return Events.of(out);
    }

    private List<Event> one(Event event) {
        ChatDelta delta = ChatDelta.of(Dialect.OPENAI, event);
        like = event;
        Choice choice = choices.computeIfAbsent(delta.index(), index -> new Choice());
        choice.calls |= !delta.toolCalls().isEmpty();
        Event shifted = shifted(event, choice);
        String text = delta.text();
        String now = text.isEmpty() || choice.over ? text : choice.placer.add(text);
        FinishReason finish = delta.finishReason();
        if (finish == null || choice.over) {
            return List.of(
                    now.equals(text)
                            ? shifted
                            : ChatDelta.of(Dialect.OPENAI, shifted).withText(now));
        }
        String more = now + finish(choice, finish);
        ArrayNode annotations = annotations(choice);
        if (more.equals(text) && annotations.isEmpty()) {
            return List.of(shifted);
        }
        // What is added comes before the event that ends the choice.
        Event bare =
                text.isEmpty() ? shifted : ChatDelta.of(Dialect.OPENAI, shifted).withText("");
        return List.of(added(event, delta.index(), more, annotations), bare);
    }

    private static String finish(Choice choice, @Nullable FinishReason reason) {
        choice.over = true;
        return choice.placer.finish(!choice.calls && AnswerEditor.refers(reason));
    }

    private ArrayNode annotations(Choice choice) {
        return references.annotations(choice.placer.text(), choice.placer.listAt());
    }

    private static Event added(Event like, int index, String text, ArrayNode annotations) {
        return like.edit(root -> {
            root.remove("usage");
            ObjectNode choice = root.putArray("choices").addObject().put("index", index);
            ObjectNode delta = choice.putObject("delta");
            if (!text.isEmpty()) {
                delta.put("content", text);
            }
            if (!annotations.isEmpty()) {
                delta.set("annotations", annotations);
            }
            choice.putNull("finish_reason");
        });
    }

    /** Annotations of the provider's own count without what was put in before. */
    private Event shifted(Event event, Choice choice) {
        JsonNode theirs = event.json().at("/choices/0/delta/annotations");
        if (theirs.isEmpty() || choice.placer.listAt() < 0) {
            return event;
        }
        return event.edit(root -> moved(root.at("/choices/0/delta/annotations"), choice.placer));
    }

    private void moved(JsonNode annotations, Placer placer) {
        String list = references.list() + References.GAP + (placer.listAt() > 0 ? References.GAP : "");
        References.shift(
                annotations,
                placer.listAt() - (placer.listAt() > 0 ? References.GAP.length() : 0),
                list.codePointCount(0, list.length()));
    }

    @Override
    public List<Event> end() {
        List<Event> out = new ArrayList<>();
        Event template = like;
        if (template != null) {
            choices.forEach((index, choice) -> {
                if (!choice.over) {
                    String rest = finish(choice, null);
                    ArrayNode annotations = annotations(choice);
                    if (!rest.isEmpty() || !annotations.isEmpty()) {
                        out.add(added(template, index, rest, annotations));
                    }
                }
            });
        }
        return out;
    }

    @Override
    public void whole(Body body) {
        if (body.isObject() && body.field("choices").isArray()) {
            body.edit(root -> root.path("choices").forEach(this::whole));
        }
    }

    private void whole(JsonNode choice) {
        JsonNode content = choice.path("message").path("content");
        boolean calls = !choice.path("message").path("tool_calls").isEmpty();
        if (!(choice.path("message") instanceof ObjectNode message) || !(content.isTextual() || content.isNull())) {
            return;
        }
        String reason = choice.path("finish_reason").asText("");
        String text = content.isNull() ? "" : content.textValue();
        Placer placer = new Placer(references);
        String now = (text.isEmpty() ? "" : placer.add(text))
                + placer.finish(!calls && !reason.equals("content_filter") && !reason.equals("tool_calls"));
        if (!now.isEmpty()) {
            message.put("content", now);
        }
        if (placer.listAt() >= 0
                && placer.listAt() < now.length() - references.list().length()) {
            moved(message.path("annotations"), placer);
        }
        ArrayNode annotations = references.annotations(placer.text(), placer.listAt());
        if (!annotations.isEmpty()) {
            if (message.path("annotations") instanceof ArrayNode theirs) {
                theirs.addAll(annotations);
            } else {
                message.set("annotations", annotations);
            }
        }
    }
}
