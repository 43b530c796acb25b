package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Usage;
import org.jspecify.annotations.Nullable;

/** Usage as OpenAI's dialect spells it: input includes what came from a cache. */
final class OpenAiUsage {

    private OpenAiUsage() {}

    static @Nullable Usage read(JsonNode usage) {
        if (!usage.isObject()) {
            return null;
        }
        long cached = Fields.count(usage.path("prompt_tokens_details"), "cached_tokens");
        if (cached == 0) {
            cached = Fields.count(usage, "prompt_cache_hit_tokens");
        }
        return Usage.of(Fields.count(usage, "prompt_tokens"), Fields.count(usage, "completion_tokens"))
                .cachedInput(cached)
                .reasoning(Fields.count(usage.path("completion_tokens_details"), "reasoning_tokens"));
    }

    static ObjectNode write(Usage usage) {
        ObjectNode tree = DialectView.NODES.objectNode();
        tree.put("prompt_tokens", usage.input());
        tree.put("completion_tokens", usage.output());
        tree.put("total_tokens", usage.total());
        if (usage.cachedInput() > 0) {
            tree.putObject("prompt_tokens_details").put("cached_tokens", usage.cachedInput());
        }
        if (usage.reasoning() > 0) {
            tree.putObject("completion_tokens_details").put("reasoning_tokens", usage.reasoning());
        }
        return tree;
    }

    /** Adds other tries' tokens to a report, which keeps its other fields. */
    static void add(ObjectNode usage, Usage more) {
        Fields.add(usage, "prompt_tokens", more.input());
        Fields.add(usage, "completion_tokens", more.output());
        Fields.add(usage, "total_tokens", more.total());
        if (more.cachedInput() > 0) {
            Fields.add(object(usage, "prompt_tokens_details"), "cached_tokens", more.cachedInput());
        }
        if (more.reasoning() > 0) {
            Fields.add(object(usage, "completion_tokens_details"), "reasoning_tokens", more.reasoning());
        }
    }

    private static ObjectNode object(ObjectNode usage, String field) {
        return usage.path(field) instanceof ObjectNode there ? there : usage.putObject(field);
    }
}
