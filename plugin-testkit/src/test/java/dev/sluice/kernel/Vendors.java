package dev.sluice.kernel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.llm.ChatMessage;
import dev.sluice.api.llm.ChatRequest;
import java.util.ArrayList;
import java.util.List;

/** Stands in for the filter that translates: an Anthropic client's tries of an OpenAI-shaped or a Gemini-shaped model. */
final class Vendors implements Filter {
    private final Exchange exchange;

    Vendors(Exchange exchange) {
        this.exchange = exchange;
    }

    @Override
    public AttemptFilter onAttempt(Attempt attempt) {
        return attempt.target().provider().equals("gemini") ? new Gemini() : new OpenAi();
    }

    private abstract class Vendor implements AttemptFilter {
        private boolean open;

        abstract void shape(UpstreamRequest request, List<ChatMessage> messages);

        abstract String text(JsonNode chunk);

        abstract boolean isLast(JsonNode chunk);

        @Override
        public Step onSend(UpstreamRequest request) {
            shape(request, ChatRequest.of(exchange, request.body()).messages());
            return Step.next();
        }

        @Override
        public Events onEvent(Event event) {
            List<Event> out = new ArrayList<>();
            if (!open) {
                open = true;
                ObjectNode start = tree("message_start");
                start.putObject("message")
                        .put("id", "msg_" + text(event.json()).hashCode())
                        .put("type", "message")
                        .put("role", "assistant")
                        .putObject("usage")
                        .put("input_tokens", 5)
                        .put("output_tokens", 0);
                out.add(named(start));
                ObjectNode block = tree("content_block_start").put("index", 0);
                block.putObject("content_block").put("type", "text").put("text", "");
                out.add(named(block));
            }
            if (!text(event.json()).isEmpty()) {
                ObjectNode delta = tree("content_block_delta").put("index", 0);
                delta.putObject("delta").put("type", "text_delta").put("text", text(event.json()));
                out.add(named(delta));
            }
            if (isLast(event.json())) {
                out.add(named(tree("content_block_stop").put("index", 0)));
                ObjectNode end = tree("message_delta");
                end.putObject("delta").put("stop_reason", "end_turn").putNull("stop_sequence");
                end.putObject("usage").put("output_tokens", 7);
                out.add(named(end));
                out.add(named(tree("message_stop")));
            }
            return Events.of(out);
        }
    }

    private final class OpenAi extends Vendor {
        @Override
        void shape(UpstreamRequest request, List<ChatMessage> messages) {
            request.path("/v1/chat/completions");
            ObjectNode body = JsonNodeFactory.instance.objectNode().put("stream", true);
            messages.forEach(message -> body.withArray("messages")
                    .addObject()
                    .put("role", message.role() == ChatMessage.Role.ASSISTANT ? "assistant" : "user")
                    .put("content", message.text()));
            request.body().replace(body);
        }

        @Override
        String text(JsonNode chunk) {
            return chunk.at("/choices/0/delta/content").asText();
        }

        @Override
        boolean isLast(JsonNode chunk) {
            return chunk.at("/choices/0/finish_reason").isTextual();
        }
    }

    private final class Gemini extends Vendor {
        @Override
        void shape(UpstreamRequest request, List<ChatMessage> messages) {
            request.path("/v1beta/models/m:streamGenerateContent");
            request.query("alt=sse");
            ObjectNode body = JsonNodeFactory.instance.objectNode();
            messages.forEach(message -> body.withArray("contents")
                    .addObject()
                    .put("role", message.role() == ChatMessage.Role.ASSISTANT ? "model" : "user")
                    .putArray("parts")
                    .addObject()
                    .put("text", message.text()));
            request.body().replace(body);
        }

        @Override
        String text(JsonNode chunk) {
            return chunk.at("/candidates/0/content/parts/0/text").asText();
        }

        @Override
        boolean isLast(JsonNode chunk) {
            return chunk.at("/candidates/0/finishReason").isTextual();
        }
    }

    private static ObjectNode tree(String type) {
        return JsonNodeFactory.instance.objectNode().put("type", type);
    }

    private static Event named(ObjectNode tree) {
        return Event.json(tree).name(tree.path("type").asText());
    }
}
