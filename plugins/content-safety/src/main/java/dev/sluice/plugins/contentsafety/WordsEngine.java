package dev.sluice.plugins.contentsafety;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.ahocorasick.trie.Emit;
import org.ahocorasick.trie.Trie;

/**
 * Deny words, however they are disguised. A word of letters that are written with spaces between words is found as a whole
 * word; one of Chinese, Japanese or Thai wherever it stands, but within a longer one that is excepted.
 */
final class WordsEngine implements Engine.Local {
    private final Trie words;
    private final Trie exceptions;
    private final Set<String> except;
    private final String risk;
    private final Level level;
    private final int longest;

    /** Words, and longer ones in which they are no hit. */
    WordsEngine(Collection<String> words, Collection<String> except, String risk, Level level) {
        Set<String> folded = folded(words);
        this.except = folded(except);
        this.words = trie(folded);
        this.exceptions = trie(this.except);
        this.risk = risk;
        this.level = level;
        this.longest = Stream.concat(folded.stream(), this.except.stream())
                .mapToInt(String::length)
                .max()
                .orElse(0);
    }

    private static Set<String> folded(Collection<String> words) {
        Set<String> folded = new LinkedHashSet<>();
        words.forEach(word -> folded.add(Text.of(word).folded().strip()));
        folded.remove("");
        return folded;
    }

    private static Trie trie(Set<String> words) {
        return Trie.builder().addKeywords(words).build();
    }

    /** The longest word or exception, in characters of the plain text. */
    int longest() {
        return longest;
    }

    @Override
    public String name() {
        return "words";
    }

    @Override
    public List<Finding> find(Text text) {
        String folded = text.folded();
        List<Finding> found = new ArrayList<>();
        for (Emit emit : words.parseText(folded)) {
            int to = emit.getEnd() + 1;
            if (!isInWord(folded, emit.getStart()) && !isInWord(folded, to) && !isExcepted(folded, emit)) {
                int ends = mayBeExcepted(folded, emit) ? folded.length() : to;
                found.add(text.back(Finding.at(emit.getStart(), ends, risk, "words", level)));
            }
        }
        return found;
    }

    private boolean isExcepted(String folded, Emit hit) {
        if (except.isEmpty()) {
            return false;
        }
        int from = Math.max(0, hit.getEnd() + 1 - longest);
        int to = Math.min(folded.length(), hit.getStart() + longest);
        return exceptions.parseText(folded.substring(from, to)).stream()
                .anyMatch(one -> from + one.getStart() <= hit.getStart() && from + one.getEnd() >= hit.getEnd());
    }

    /** Whether the text ends within what may become an exception: a hit up to its end is decided with what comes next. */
    private boolean mayBeExcepted(String folded, Emit hit) {
        for (String one : except) {
            for (int at = Math.max(0, folded.length() - one.length() + 1); at <= hit.getStart(); at++) {
                if (one.startsWith(folded.substring(at))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether letters of one word stand on both sides. */
    private static boolean isInWord(String text, int at) {
        return at > 0 && at < text.length() && isOfWord(text.charAt(at - 1)) && isOfWord(text.charAt(at));
    }

    /** Whether words of such letters have spaces between them. */
    private static boolean isOfWord(char c) {
        if (c < 0x80) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        }
        return Character.isLetterOrDigit(c)
                && !Character.isIdeographic(c)
                && !(c >= 0x0E00 && c <= 0x0FFF)
                && !(c >= 0x1000 && c <= 0x109F)
                && !(c >= 0x1780 && c <= 0x17FF)
                && !(c >= 0x3040 && c <= 0x30FF)
                && !(c >= 0xAC00 && c <= 0xD7AF);
    }
}
