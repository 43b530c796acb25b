package dev.sluice.plugins.aistatistics;

/** Text that grows up to a limit, and says where it was cut. */
final class Bounded {
    private static final String CUT = "…";

    private final StringBuilder text = new StringBuilder();
    private final int limit;
    private boolean cut;

    Bounded(int limit) {
        this.limit = limit;
    }

    void append(String more) {
        int room = limit - text.length();
        if (more.length() <= room) {
            text.append(more);
        } else if (!cut) {
            // A pair of surrogates is one character: never half of it.
            int end = room > 0 && Character.isHighSurrogate(more.charAt(room - 1)) ? room - 1 : room;
            text.append(more, 0, end).append(CUT);
            cut = true;
        }
    }

    boolean isEmpty() {
        return text.isEmpty();
    }

    @Override
    public String toString() {
        return text.toString();
    }

    /** That text, cut where it is longer. */
    static String of(String text, int limit) {
        if (text.length() <= limit) {
            return text;
        }
        Bounded bounded = new Bounded(limit);
        bounded.append(text);
        return bounded.toString();
    }
}
