package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.llm.ChatDelta;
import java.util.ArrayList;
import java.util.List;

/**
 * One try whose answer, in OpenAI's dialect, may consist of thoughts alone: then they are the answer, too. In a stream
 * they go on as thoughts, and are said once more before it ends.
 */
final class PromotingUpstream implements AttemptFilter {
    private static final List<String> THOUGHTS = List.of("reasoning_content", "reasoning");

    private final AttemptFilter upstream;
    private final StringBuilder thoughts = new StringBuilder();
    private boolean spoke;

    PromotingUpstream(AttemptFilter upstream) {
        this.upstream = upstream;
    }

    @Override
    public Step onSend(UpstreamRequest request) {
        return upstream.onSend(request);
    }

    @Override
    public Step onResponse(ResponseHead answer) {
        return upstream.onResponse(answer);
    }

    @Override
    public Step onResponseBody(Body body) {
        Step step = upstream.onResponseBody(body);
        if (step != Step.next() || !body.isJson()) {
            return step;
        }
        JsonNode message = body.json().path("choices").path(0).path("message");
        String thought = thought(message);
        boolean silent = message.path("content").asText("").isEmpty()
                && message.path("tool_calls").isEmpty();
        if (silent && !thought.isEmpty()) {
            body.edit(root -> ((ObjectNode) root.path("choices").path(0).path("message")).put("content", thought));
        }
        return step;
    }

    @Override
    public Events onEvent(Event event) {
        Events passed = upstream.onEvent(event);
        if (spoke) {
            return passed;
        }
        if (passed instanceof Event one) {
            List<Event> events = events(one);
            return events.size() == 1 ? one : Events.of(events);
        }
        if (passed instanceof Events.Several several) {
            List<Event> all = new ArrayList<>();
            several.events().forEach(one -> all.addAll(events(one)));
            return Events.of(all);
        }
        return passed;
    }

    private List<Event> events(Event event) {
        ChatDelta delta = ChatDelta.of(Dialect.OPENAI, event);
        thoughts.append(delta.reasoning());
        spoke |= !delta.text().isEmpty() || !delta.toolCalls().isEmpty();
        if (spoke || delta.finishReason() == null || thoughts.isEmpty()) {
            return List.of(event);
        }
        spoke = true;
        ObjectNode said = event.json().deepCopy();
        said.remove("usage");
        ObjectNode choice = (ObjectNode) said.path("choices").path(0);
        choice.putNull("finish_reason");
        choice.putObject("delta").put("content", thoughts.toString());
        return List.of(Event.json(said), event);
    }

    private static String thought(JsonNode message) {
        for (String name : THOUGHTS) {
            if (!message.path(name).asText("").isEmpty()) {
                return message.path(name).asText();
            }
        }
        return "";
    }

    @Override
    public Events onEnd() {
        return upstream.onEnd();
    }
}
