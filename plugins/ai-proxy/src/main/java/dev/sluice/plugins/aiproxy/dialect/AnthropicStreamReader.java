package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.FinishReason;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Events of one Anthropic message, read. */
final class AnthropicStreamReader implements StreamReader {
    private final AnswerSink sink;
    /** The number of the call that a content block is. */
    private final Map<Integer, Integer> calls = new HashMap<>();

    private final Set<Integer> argued = new HashSet<>();

    AnthropicStreamReader(AnswerSink sink) {
        this.sink = sink;
    }

    @Override
    public void read(Event event) {
        JsonNode tree = event.json();
        int index = tree.path("index").asInt(0);
        switch (tree.path("type").asText("")) {
            case "message_start" -> {
                JsonNode message = tree.path("message");
                sink.start(message.path("id").asText(""), message.path("model").asText(""));
            }
            case "content_block_start" -> opened(index, tree.path("content_block"));
            case "content_block_delta" -> added(index, tree.path("delta"));
            case "content_block_stop" -> {
                // A call without arguments has some all the same: those of none.
                Integer call = calls.get(index);
                if (call != null && !argued.contains(index)) {
                    sink.arguments(call, "{}");
                }
            }
            default -> {}
        }
        ChatDelta delta = ChatDelta.of(Dialect.ANTHROPIC, event);
        Usage usage = delta.usage();
        if (usage != null) {
            sink.usage(usage);
        }
        FinishReason reason = delta.finishReason();
        if (reason != null) {
            sink.finish(reason, tree.path("delta").path("stop_sequence").textValue());
        }
    }

    private void opened(int index, JsonNode block) {
        switch (block.path("type").asText("")) {
            case "tool_use" -> {
                int call = calls.size();
                calls.put(index, call);
                sink.call(call, block.path("id").asText(""), block.path("name").asText(""));
                if (!block.path("input").isEmpty()) {
                    arguments(index, block.get("input").toString());
                }
            }
            case "text" -> text(block);
            case "thinking" -> thinking(block);
            default -> {}
        }
    }

    private void added(int index, JsonNode delta) {
        switch (delta.path("type").asText("")) {
            case "text_delta" -> text(delta);
            case "thinking_delta" -> thinking(delta);
            case "signature_delta" -> sink.signature(delta.path("signature").asText(""));
            case "input_json_delta" ->
                arguments(index, delta.path("partial_json").asText(""));
            default -> {}
        }
    }

    private void text(JsonNode holder) {
        String text = holder.path("text").asText("");
        if (!text.isEmpty()) {
            sink.text(text);
        }
    }

    private void thinking(JsonNode holder) {
        String text = holder.path("thinking").asText("");
        if (!text.isEmpty()) {
            sink.thinking(text);
        }
    }

    private void arguments(int index, String fragment) {
        Integer call = calls.get(index);
        if (call != null && !fragment.isEmpty()) {
            argued.add(index);
            sink.arguments(call, fragment);
        }
    }
}
