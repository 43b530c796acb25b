package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tools that a model may call.
 *
 * @param choice null: not said
 * @param chosen the tool that must be called, for {@link Choice#ONE}
 * @param parallel whether several may be called at once; null: not said
 */
record Tools(
        List<Tool> all,
        @Nullable Choice choice,
        @Nullable String chosen,
        @Nullable Boolean parallel) {

    /** One tool; its schema is null if it takes no arguments. */
    record Tool(
            String name,
            @Nullable String description,
            @Nullable ObjectNode schema) {}

    /** Whether the model has to call one. */
    enum Choice {
        /** As it likes. */
        AUTO,
        /** It may not. */
        NONE,
        /** It must, whichever. */
        ANY,
        /** It must call this one. */
        ONE
    }

    boolean isForced() {
        return choice == Choice.ANY || choice == Choice.ONE;
    }
}
