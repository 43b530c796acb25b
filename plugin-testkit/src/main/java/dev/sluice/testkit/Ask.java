package dev.sluice.testkit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Key;
import dev.sluice.api.Target;
import java.time.Duration;
import java.util.Map;

/** What a filter asked a model, as {@link dev.sluice.api.Exchange#ask} was called. */
public record Ask(Target target, ObjectNode chat, Map<Key<?>, ?> keys, Duration deadline) {

    /** A copy of the chat and the keys, as they were when asked. */
    public Ask {
        chat = chat.deepCopy();
        keys = Map.copyOf(keys);
    }

    @Override
    public String toString() {
        return target + " " + chat;
    }
}
