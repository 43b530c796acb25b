package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A chat request in no dialect. What is null was not said.
 *
 * @param system texts that stand before the conversation
 * @param thinking tokens that the model may think with
 * @param schema JSON Schema that the answer's text must fit
 * @param wantsUsage whether a stream is to end with the tokens used, where that is a choice
 */
record Prompt(
        @Nullable String model,
        List<String> system,
        List<Turn> turns,
        Tools tools,
        @Nullable Long maxOutput,
        @Nullable Double temperature,
        @Nullable Double topP,
        List<String> stop,
        @Nullable String user,
        @Nullable Long thinking,
        @Nullable ObjectNode schema,
        boolean stream,
        boolean wantsUsage) {

    static final String SAYS_NOTHING = "says nothing: it needs a message with content";

    Prompt {
        if (system.isEmpty() && saysNothing(turns)) {
            throw RequestException.malformed("messages", SAYS_NOTHING);
        }
        checkResults(turns);
    }

    private static boolean saysNothing(List<Turn> turns) {
        for (Turn turn : turns) {
            if (!turn.parts().isEmpty()) {
                return false;
            }
        }
        return true;
    }

    private static void checkResults(List<Turn> turns) {
        Set<String> calls = new HashSet<>();
        for (Turn turn : turns) {
            for (Part part : turn.parts()) {
                if (part instanceof Part.Call call) {
                    calls.add(call.id());
                } else if (part instanceof Part.Result result && !calls.contains(result.id())) {
                    throw RequestException.malformed(
                            result.at(), "is the result of a call '" + result.id() + "' that no message before makes");
                }
            }
        }
    }
}
