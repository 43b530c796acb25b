package dev.sluice.api.llm;

import java.util.Arrays;

/**
 * Where the text of a resuming try meets what was said: decides, from the start of the new text, what of it repeats the
 * old, and holds it until that is decided.
 *
 * <p>The new text may begin at any place of what was said and repeat it to its end. All such places are followed at once;
 * each new character rules most of them out.
 */
final class Joint {
    /** Shorter repetitions are more often chance than overlap. */
    static final int MIN_OVERLAP = 12;

    /** How far back from its end an overlap is looked for; the beginning is always one of the places. */
    private static final int REACH = 16 * 1024;

    private final String said;
    private final String trimmed;
    private final boolean mayRestart;
    private final boolean mustRestart;
    private final StringBuilder held = new StringBuilder();
    private int[] places;
    private int live;
    private int overlap;
    private int repeated;
    private boolean decided;
    private boolean diverged;

    Joint(Chats.Continuation continuation) {
        said = continuation.said.text();
        trimmed = continuation.trimmed();
        mustRestart = continuation.kind == Chats.Continuation.Kind.RESTARTED;
        mayRestart = continuation.kind != Chats.Continuation.Kind.PREFILLED;
        places = places();
        live = places.length;
        if (mustRestart && continuation.said.truncated()) {
            diverged = true;
        }
        decided = said.isEmpty();
    }

    private int[] places() {
        if (mustRestart) {
            return new int[] {0};
        }
        int from = Math.max(1, said.length() - REACH);
        int to = Math.max(from, said.length() - MIN_OVERLAP + 1);
        int[] all = new int[to - from + 2];
        int n = 0;
        all[n++] = 0;
        for (int at = from; at < to; at++) {
            all[n++] = at;
        }
        int white = said.length() - trimmed.length();
        if (!trimmed.isEmpty() && white >= to) {
            all[n++] = white;
        }
        return Arrays.copyOf(all, n);
    }

    /** Whether the answer starts again and is not what was said. */
    boolean diverged() {
        return diverged;
    }

    boolean decided() {
        return decided;
    }

    /** Takes more of the new text; returns what of all text so far flows on. */
    String add(String more) {
        if (decided || diverged) {
            return more;
        }
        int from = held.length();
        held.append(more);
        for (int at = from; at < held.length() && live > 0; at++) {
            follow(at, held.charAt(at));
        }
        return live > 0 ? "" : decide();
    }

    /** The new text has ended; returns what of the held text flows on. */
    String finish() {
        return decided || diverged ? "" : decide();
    }

    private void follow(int at, char c) {
        int kept = 0;
        for (int i = 0; i < live; i++) {
            int place = places[i];
            if (said.charAt(place + at) != c) {
                continue;
            }
            if (place == 0) {
                repeated = at + 1;
            }
            if (place + at + 1 == said.length()) {
                overlap = at + 1;
            } else {
                places[kept++] = place;
            }
        }
        live = kept;
    }

    private String decide() {
        decided = true;
        live = 0;
        String text = held.toString();
        held.setLength(0);
        places = new int[0];
        if (overlap > 0) {
            return text.substring(overlap);
        }
        if (mustRestart || (mayRestart && repeated >= MIN_OVERLAP)) {
            diverged = true;
            return "";
        }
        int white = 0;
        while (white < Math.min(trimmed.length(), text.length()) && text.charAt(white) == trimmed.charAt(white)) {
            white++;
        }
        return text.substring(white);
    }
}
