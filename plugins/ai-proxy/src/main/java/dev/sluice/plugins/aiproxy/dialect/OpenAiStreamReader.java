package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.FinishReason;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Chunks of one OpenAI completion, read; of several answers the first. */
final class OpenAiStreamReader implements StreamReader {
    private final AnswerSink sink;
    private boolean started;
    private final Map<Integer, Integer> numbers = new HashMap<>();
    private int calls;

    OpenAiStreamReader(AnswerSink sink) {
        this.sink = sink;
    }

    @Override
    public void read(Event event) {
        ChatDelta delta = ChatDelta.of(Dialect.OPENAI, event);
        JsonNode tree = event.json();
        JsonNode choice = tree.path("choices").path(0);
        if (choice.isObject() && choice.path("index").asInt(0) == 0) {
            if (!started) {
                started = true;
                sink.start(tree.path("id").asText(""), tree.path("model").asText(""));
            }
            choice(delta, choice.path("delta"));
        }
        Usage usage = delta.usage();
        if (usage != null) {
            sink.usage(usage);
        }
    }

    private void choice(ChatDelta delta, JsonNode added) {
        if (!delta.reasoning().isEmpty()) {
            sink.thinking(delta.reasoning());
        }
        String text = delta.text().isEmpty() ? added.path("refusal").asText("") : delta.text();
        if (!text.isEmpty()) {
            sink.text(text);
        }
        for (JsonNode call : added.path("tool_calls")) {
            call(call);
        }
        FinishReason reason = delta.finishReason();
        if (reason != null) {
            sink.finish(OpenAiReader.ending(reason, calls > 0), null);
        }
    }

    /** Vendors that send calls whole leave out the number: what has a name begins a call then. */
    private void call(JsonNode call) {
        JsonNode function = call.path("function");
        String name = text(function, "name");
        JsonNode index = call.path("index");
        Integer number = index.isInt() ? numbers.get(index.intValue()) : name != null ? null : (Integer) (calls - 1);
        if (number == null) {
            String id = text(call, "id");
            number = calls++;
            numbers.put(index.asInt(number), number);
            sink.call(number, id == null ? "call_" + number : id, name == null ? "" : name);
        }
        String arguments = text(function, "arguments");
        if (arguments != null && number >= 0) {
            sink.arguments(number, arguments);
        }
    }

    private static @Nullable String text(JsonNode node, String field) {
        String text = node.path(field).textValue();
        return text == null || text.isEmpty() ? null : text;
    }
}
