package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Usage;
import org.jspecify.annotations.Nullable;

/** Usage as Anthropic spells it: input is split into what was read from the cache, written to it, and the rest. */
final class AnthropicUsage {
    private static final String INPUT = "input_tokens";
    private static final String READ = "cache_read_input_tokens";
    private static final String WRITTEN = "cache_creation_input_tokens";
    private static final String OUTPUT = "output_tokens";

    private AnthropicUsage() {}

    static @Nullable Usage read(JsonNode usage) {
        if (!usage.isObject()) {
            return null;
        }
        long read = Fields.count(usage, READ);
        long written = Fields.count(usage, WRITTEN);
        return Usage.of(Fields.count(usage, INPUT) + read + written, Fields.count(usage, OUTPUT))
                .cachedInput(read)
                .cacheWrite(written);
    }

    /** Puts the whole usage into a report, which keeps its other fields. */
    static void write(ObjectNode tree, Usage usage) {
        tree.put(INPUT, Math.max(0, usage.input() - usage.cachedInput() - usage.cacheWrite()));
        if (usage.cacheWrite() > 0) {
            tree.put(WRITTEN, usage.cacheWrite());
        }
        if (usage.cachedInput() > 0) {
            tree.put(READ, usage.cachedInput());
        }
        tree.put(OUTPUT, usage.output());
    }
}
