package dev.sluice.plugins.aiproxy.dialect;

import dev.sluice.api.Usage;
import dev.sluice.api.llm.FinishReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A whole answer in no dialect.
 *
 * @param stopSequence the stop sequence that ended it; null if none did, or the dialect does not tell
 */
record Answer(
        String id,
        String model,
        List<Part> parts,
        FinishReason finish,
        @Nullable String stopSequence,
        @Nullable Usage usage) {

    /** All words, or all thoughts, in one piece. */
    String joined(boolean thoughts) {
        StringBuilder all = new StringBuilder();
        for (Part part : parts) {
            if (!thoughts && part instanceof Part.Text text) {
                all.append(text.text());
            } else if (thoughts && part instanceof Part.Thinking thinking) {
                all.append(thinking.text());
            }
        }
        return all.toString();
    }

    List<Part.Call> calls() {
        return parts.stream()
                .filter(Part.Call.class::isInstance)
                .map(Part.Call.class::cast)
                .toList();
    }
}
