package dev.sluice.plugins.websearch;

import dev.sluice.api.Body;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.llm.FinishReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts references into one answer, in one dialect. Confined to the exchange's event loop. */
interface AnswerEditor {

    /** An event of a stream. */
    Events event(Event event);

    /** The end of a stream. */
    List<Event> end();

    /** A whole answer. */
    void whole(Body body);

    /** Whether an answer that ends so may be followed by references. */
    static boolean refers(@Nullable FinishReason reason) {
        return reason != FinishReason.TOOL_CALLS && reason != FinishReason.CONTENT_FILTER;
    }
}
