package dev.sluice.plugins.contentsafety;

import java.util.function.Consumer;

/**
 * Where a text stands in a tree.
 *
 * @param channel what it is a piece of: pieces of one channel of a stream, put one behind the other, are one text
 * @param speaker who says it
 * @param text the text as it stood when the place was found
 * @param json whether the text is JSON, or a piece of it
 * @param set puts another text there; the tree is changed
 */
record Place(String channel, Speaker speaker, String text, boolean json, Consumer<String> set) {

    /** Who says a text. */
    enum Speaker {
        SYSTEM,
        USER,
        ASSISTANT,
        TOOL
    }

    Text asText() {
        return json ? Text.json(text) : Text.of(text);
    }
}
