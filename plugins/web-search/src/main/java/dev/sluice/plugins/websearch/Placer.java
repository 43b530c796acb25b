package dev.sluice.plugins.websearch;

import dev.sluice.plugins.websearch.WebSearchConfig.Place;

/**
 * Puts the list of references into one text that comes piece by piece: before its first words, behind what it thinks
 * aloud ({@code <think>…</think>}) at its beginning, or at its end. What comes out is the same however the text is cut.
 */
final class Placer {
    private static final String THINK = "<think>";
    private static final String THOUGHT = "</think>";

    private final String list;
    private final boolean head;
    private final boolean remembers;
    private final StringBuilder all = new StringBuilder();
    private final StringBuilder held = new StringBuilder();
    private String window = "";
    private State state;
    private int written;
    private int listAt = -1;

    private enum State {
        /** Too little has come to know how it begins. */
        BEGINNING,
        /** It thinks aloud. */
        THINKING,
        /** Its words may pass. */
        SPEAKING
    }

    Placer(References references) {
        this.list = references.list();
        this.head = references.place() == Place.HEAD;
        this.remembers = references.annotated();
        this.state = head && !list.isEmpty() ? State.BEGINNING : State.SPEAKING;
    }

    /** Takes a piece; returns what goes on in its place. */
    String add(String piece) {
        String out = switch (state) {
            case BEGINNING -> begin(piece);
            case THINKING -> think(piece);
            case SPEAKING -> piece;
        };
        return passed(out);
    }

    private String begin(String piece) {
        held.append(piece);
        String begun = held.toString().stripLeading();
        if (begun.length() < THINK.length() && THINK.startsWith(begun)) {
            return "";
        }
        String whole = held.toString();
        held.setLength(0);
        if (begun.startsWith(THINK)) {
            state = State.THINKING;
            return think(whole);
        }
        state = State.SPEAKING;
        listAt = written;
        return list + References.GAP + whole;
    }

    private String think(String piece) {
        String seen = window + piece;
        int close = seen.indexOf(THOUGHT);
        if (close < 0) {
            window = seen.substring(Math.max(0, seen.length() - THOUGHT.length() + 1));
            return piece;
        }
        int end = close + THOUGHT.length() - window.length();
        state = State.SPEAKING;
        listAt = written + end + References.GAP.length();
        return piece.substring(0, end) + References.GAP + list + References.GAP + piece.substring(end);
    }

    /** What is held, because what follows is no text of this one. */
    String release() {
        if (held.isEmpty()) {
            return "";
        }
        String whole = held.toString();
        held.setLength(0);
        if (whole.isBlank()) {
            return passed(whole);
        }
        state = State.SPEAKING;
        listAt = written;
        return passed(list + References.GAP + whole);
    }

    /**
     * The end.
     *
     * @param refers whether it is one at which references may stand: not that of a call of tools
     */
    String finish(boolean refers) {
        String rest = release();
        if (!refers || listAt >= 0 || list.isEmpty()) {
            return rest;
        }
        String gap = written == 0 ? "" : References.GAP;
        listAt = written + gap.length();
        return rest + passed(gap + list);
    }

    private String passed(String out) {
        written += out.length();
        if (remembers) {
            all.append(out);
        }
        return out;
    }

    /** All that has come out; kept only where it is to be annotated. */
    CharSequence text() {
        return all;
    }

    /** Where the list stands in it; negative while it does not. */
    int listAt() {
        return listAt;
    }
}
