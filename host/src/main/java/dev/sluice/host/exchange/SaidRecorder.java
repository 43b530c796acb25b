package dev.sluice.host.exchange;

import dev.sluice.api.Said;
import dev.sluice.api.llm.ChatDelta;

/** Keeps what the model has said to the client so far, up to a bound, for a resume. */
final class SaidRecorder {
    private static final int MAX_CHARS = 1024 * 1024;

    private final StringBuilder text = new StringBuilder();
    private final StringBuilder reasoning = new StringBuilder();
    private boolean toolCallOpen;
    private boolean truncated;

    void record(ChatDelta delta) {
        append(text, delta.text());
        append(reasoning, delta.reasoning());
        if (!delta.toolCalls().isEmpty()) {
            toolCallOpen = true;
        }
    }

    private void append(StringBuilder to, String more) {
        if (more.isEmpty()) {
            return;
        }
        if (text.length() + reasoning.length() + more.length() > MAX_CHARS) {
            truncated = true;
        } else if (!truncated) {
            to.append(more);
        }
    }

    Said said() {
        return text.isEmpty() && reasoning.isEmpty() && !toolCallOpen
                ? Said.NOTHING
                : Said.of(text.toString(), reasoning.toString(), toolCallOpen, truncated);
    }
}
