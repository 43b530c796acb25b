package dev.sluice.plugins.aiproxy.dialect;

import java.util.ArrayList;
import java.util.List;

/** What one side says in a conversation before the other answers; results of calls are the user's. */
record Turn(boolean assistant, List<Part> parts) {

    /** The same turns, those of one side in a row put together, those that say nothing left out. */
    static List<Turn> alternating(List<Turn> turns) {
        List<Turn> merged = new ArrayList<>();
        for (Turn turn : turns) {
            if (turn.parts.isEmpty()) {
                continue;
            }
            if (merged.isEmpty() || merged.get(merged.size() - 1).assistant != turn.assistant) {
                merged.add(new Turn(turn.assistant, new ArrayList<>()));
            }
            merged.get(merged.size() - 1).parts.addAll(turn.parts);
        }
        return merged;
    }
}
