package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ahocorasick.trie.Emit;
import org.ahocorasick.trie.Trie;
import org.jspecify.annotations.Nullable;

/**
 * What was masked in one exchange, and under which placeholder: numbered by first appearance, so that equal prompts are
 * masked alike whoever asks, and one original has one placeholder. A placeholder that the prompt itself contains is
 * nobody's. Confined to the exchange.
 */
final class Vault {
    private static final String OPEN = "(?:<|\\\\u003[cC])";
    private static final String CLOSE = "(?:>|\\\\u003[eE])";
    private static final Pattern PLACEHOLDER = Pattern.compile(OPEN + "([A-Z][A-Z0-9_]{0,40}_[0-9]{1,9})" + CLOSE);
    private static final int LONGEST = 64;

    private final Map<String, String> byOriginal = new HashMap<>();
    private final Map<String, String> byName = new HashMap<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final Map<String, String> byMask = new HashMap<>();
    private final Set<String> ambiguous = new HashSet<>();
    private final Set<String> taken = new HashSet<>();
    private @Nullable Trie masks;
    private int longestMask;

    /** Something to be put in place of what stands there. */
    record Swap(int from, int to, String with) {}

    /** The text of the prompt: its own placeholders are not ours to give or to restore. */
    void reserve(String text) {
        if (text.indexOf('<') >= 0 || text.contains("\\u003")) {
            Matcher matcher = PLACEHOLDER.matcher(text);
            while (matcher.find()) {
                taken.add(matcher.group(1));
            }
        }
    }

    boolean isEmpty() {
        return byName.isEmpty() && byMask.isEmpty();
    }

    /** What stands in place of the original, which comes back. */
    String placeholder(String risk, String original) {
        return byOriginal.computeIfAbsent(risk + '\n' + original, key -> {
            String kind = kind(risk);
            String name;
            do {
                name = kind + "_" + numbers.merge(kind, 1, Integer::sum);
            } while (taken.contains(name));
            byName.put(name, original);
            return "<" + name + ">";
        });
    }

    /** As {@link #placeholder}, with a mask of the operator's own: two originals under one mask do not come back. */
    void put(String mask, String original) {
        String before = byMask.putIfAbsent(mask, original);
        if (before != null && !before.equals(original)) {
            ambiguous.add(mask);
        }
        longestMask = Math.max(longestMask, mask.length());
        masks = null;
    }

    /** What stands in place of something that does not come back. */
    static String anonymous(String risk) {
        return "<" + kind(risk) + ">";
    }

    private static String kind(String risk) {
        String kind = risk.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]+", "_");
        kind = kind.length() > 30 ? kind.substring(0, 30) : kind;
        return kind.isEmpty() || !Character.isLetter(kind.charAt(0)) ? "RISK" : kind;
    }

    /** What in the text is to be put back, in order, not overlapping. */
    List<Swap> restores(String text, int from, boolean json) {
        List<Swap> swaps = new ArrayList<>();
        if (!byName.isEmpty()) {
            Matcher matcher = PLACEHOLDER.matcher(text);
            for (int at = from; matcher.find(at); at = matcher.end()) {
                String original = byName.get(matcher.group(1));
                if (original != null) {
                    swaps.add(new Swap(matcher.start(), matcher.end(), spelled(original, json)));
                }
            }
        }
        if (!byMask.isEmpty()) {
            for (Emit emit : trie().parseText(text)) {
                String original = byMask.get(emit.getKeyword());
                if (original != null && emit.getStart() >= from && !ambiguous.contains(emit.getKeyword())) {
                    swaps.add(new Swap(emit.getStart(), emit.getEnd() + 1, spelled(original, json)));
                }
            }
            swaps.sort((a, b) -> a.from != b.from ? Integer.compare(a.from, b.from) : Integer.compare(b.to, a.to));
            int free = from;
            List<Swap> apart = new ArrayList<>();
            for (Swap swap : swaps) {
                if (swap.from >= free) {
                    apart.add(swap);
                    free = swap.to;
                }
            }
            return apart;
        }
        return swaps;
    }

    private Trie trie() {
        Trie trie = masks;
        if (trie == null) {
            trie = Trie.builder().addKeywords(byMask.keySet()).build();
            masks = trie;
        }
        return trie;
    }

    /** How an original is written there. */
    static String spelled(String text, boolean json) {
        return json ? new String(JsonStringEncoder.getInstance().quoteAsString(text)) : text;
    }

    /** Where at the text's end something begins that may become a mask with what follows; its length if nothing does. */
    int partial(String text) {
        int length = text.length();
        int held = length;
        if (!byName.isEmpty()) {
            for (int i = Math.max(0, length - LONGEST); i < length && held == length; i++) {
                char c = text.charAt(i);
                if ((c == '<' || c == '\\') && mayBecome(text, i)) {
                    held = i;
                }
            }
        }
        if (longestMask > 0) {
            for (int i = Math.max(0, length - longestMask + 1); i < held; i++) {
                if (isStartOfMask(text.substring(i))) {
                    held = i;
                }
            }
        }
        return held;
    }

    private boolean isStartOfMask(String tail) {
        return byMask.keySet().stream().anyMatch(mask -> mask.startsWith(tail));
    }

    private static boolean mayBecome(String text, int at) {
        Matcher matcher = PLACEHOLDER.matcher(text).region(at, text.length());
        return !matcher.lookingAt() && matcher.hitEnd();
    }

    /** The text with all put back. */
    String restore(String text, boolean json) {
        return apply(text, restores(text, 0, json));
    }

    /** Both, in order; where they overlap, the first list counts. Each is in order and without overlaps. */
    static List<Swap> merged(List<Swap> first, List<Swap> second) {
        if (second.isEmpty()) {
            return first;
        }
        List<Swap> all = new ArrayList<>(first.size() + second.size());
        int i = 0;
        for (Swap swap : second) {
            while (i < first.size() && first.get(i).to <= swap.from) {
                all.add(first.get(i++));
            }
            if (i == first.size() || swap.to <= first.get(i).from) {
                all.add(swap);
            }
        }
        all.addAll(first.subList(i, first.size()));
        return all;
    }

    static String apply(String text, List<Swap> swaps) {
        if (swaps.isEmpty()) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 64);
        int at = 0;
        for (Swap swap : swaps) {
            out.append(text, at, swap.from).append(swap.with);
            at = swap.to;
        }
        return out.append(text, at, text.length()).toString();
    }
}
