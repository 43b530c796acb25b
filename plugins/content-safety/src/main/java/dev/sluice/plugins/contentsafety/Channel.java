package dev.sluice.plugins.contentsafety;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One text of a stream as it grows: places in it count from its first character, of which those long gone are forgotten.
 * Confined to the exchange.
 */
final class Channel {
    /** How far back a check looks beyond the overlap, for what began before it. */
    private static final int REACH = 1024;

    /** What is held for characters that nobody sees, at most. */
    private static final int MOST_HELD = 16 * 1024;

    private final boolean json;
    private final StringBuilder text = new StringBuilder();
    private final TreeMap<Integer, Vault.Swap> swaps = new TreeMap<>();
    private int base;
    private int released;
    private int checked;
    private int told;

    Channel(boolean json) {
        this.json = json;
    }

    boolean isJson() {
        return json;
    }

    /** Where it ends so far. */
    int end() {
        return base + text.length();
    }

    int released() {
        return released;
    }

    /** Up to where a check has been begun. */
    int checked() {
        return checked;
    }

    /** Adds text; returns how many characters of it are seen. */
    int add(String more) {
        text.append(more);
        return seen(more);
    }

    private static int seen(String more) {
        int n = 0;
        for (int i = 0; i < more.length(); i++) {
            n += Text.isInvisible(more.charAt(i)) ? 0 : 1;
        }
        return n;
    }

    /** Whether what ends there has not been told of yet; it has been from now on. */
    boolean tells(int to) {
        boolean isNew = to > told;
        told = Math.max(told, to);
        return isNew;
    }

    /** A stretch of it that is checked: where it begins, and what it says. */
    record Stretch(Channel channel, int from, int to, boolean last, Text text) {}

    /**
     * What is to be checked now: all that has not been, with what went before.
     *
     * @param last whether nothing more is awaited that would belong to its end
     */
    Stretch stretch(int overlap, boolean last) {
        int from = Math.max(base, Math.min(released, checked) - overlap);
        from = Math.max(from, checked - overlap - REACH);
        from = Math.max(from, base);
        if (from > base && Character.isLowSurrogate(text.charAt(from - base))) {
            from--;
        }
        checked = end();
        String says = text.substring(from - base);
        return new Stretch(this, from, checked, last, json ? Text.json(says) : Text.of(says));
    }

    /** The place before {@code to} behind which {@code overlap} characters stand that are seen. */
    int before(int to, int overlap) {
        int at = to;
        for (int seen = 0; at > released && seen < overlap && to - at < MOST_HELD; ) {
            at--;
            seen += Text.isInvisible(text.charAt(at - base)) ? 0 : 1;
        }
        return at;
    }

    /** The text from there on, of which nothing may be forgotten yet. */
    String from(int place) {
        return text.substring(place - base);
    }

    String slice(int from, int to) {
        return text.substring(from - base, to - base);
    }

    /** Forgets what was to be replaced from there on: it is decided anew. */
    void undecide(int from) {
        swaps.tailMap(from).clear();
    }

    /** Replaces a stretch, unless some of it is replaced already. */
    void swap(int from, int to, String with) {
        Map.Entry<Integer, Vault.Swap> before = swaps.lowerEntry(to);
        if (before == null || before.getValue().to() <= from) {
            swaps.put(from, new Vault.Swap(from, to, with));
        }
    }

    /** Where before that place one may release, without cutting through what is replaced. */
    int uncut(int place) {
        Map.Entry<Integer, Vault.Swap> before = swaps.lowerEntry(place);
        return before == null || before.getValue().to() <= place ? place : before.getKey();
    }

    /** What flows on of a stretch. */
    String rewritten(int from, int to) {
        StringBuilder out = new StringBuilder(to - from);
        int at = from;
        while (at < to) {
            Vault.Swap swap = at(at);
            if (swap == null) {
                int next = nextSwap(at, to);
                out.append(text, at - base, next - base);
                at = next;
            } else {
                out.append(swap.from() == at ? swap.with() : "");
                at = swap.to();
            }
        }
        return out.toString();
    }

    private Vault.@Nullable Swap at(int place) {
        Map.Entry<Integer, Vault.Swap> before = swaps.floorEntry(place);
        return before != null && place < before.getValue().to() ? before.getValue() : null;
    }

    private int nextSwap(int from, int limit) {
        Integer next = swaps.ceilingKey(from);
        return next == null ? limit : Math.min(next, limit);
    }

    /** All before that place has flowed on; what no later check looks back to is forgotten. */
    void release(int to, int overlap) {
        released = Math.max(released, to);
        int keep = Math.min(released, checked - overlap - REACH) - 1;
        if (keep - base > 4 * REACH) {
            text.delete(0, keep - base);
            base = keep;
            swaps.headMap(base - MOST_HELD).clear();
        }
    }
}
