package dev.sluice.api.llm;

import java.util.function.UnaryOperator;

/** The end of one text that is being rewritten as it streams: what may still become part of a match. */
final class Window {
    private final int lookBehind;
    private final UnaryOperator<String> fn;
    private String held = "";

    Window(int lookBehind, UnaryOperator<String> fn) {
        this.lookBehind = lookBehind;
        this.fn = fn;
    }

    /** Takes more text; returns what is settled by it, rewritten. */
    String add(String more) {
        String text = held.concat(more);
        int cut = whole(text, text.length() - lookBehind);
        if (cut <= 0) {
            held = text;
            return "";
        }
        String rewritten = fn.apply(text);
        if (rewritten.equals(text)) {
            held = text.substring(cut);
            return text.substring(0, cut);
        }
        // A cut is sound where rewriting both sides apart gives what rewriting the whole does. A match no longer than
        // promised leaves one within its own length; a longer one is held until it has ended.
        int least = Math.max(0, cut - lookBehind - 2);
        while (cut > least) {
            String left = fn.apply(text.substring(0, cut));
            String right = text.substring(cut);
            if (rewritten.startsWith(left) && rewritten.equals(left + fn.apply(right))) {
                held = right;
                return left;
            }
            cut = whole(text, cut - 1);
        }
        held = text;
        return "";
    }

    /** The text has ended; returns all that was held, rewritten. */
    String flush() {
        String rest = held.isEmpty() ? "" : fn.apply(held);
        held = "";
        return rest;
    }

    /** The cut moved back so that it parts no surrogate pair, nor one of which only the first half has come. */
    private static int whole(String text, int cut) {
        return cut > 0 && Character.isHighSurrogate(text.charAt(cut - 1)) ? cut - 1 : cut;
    }
}
