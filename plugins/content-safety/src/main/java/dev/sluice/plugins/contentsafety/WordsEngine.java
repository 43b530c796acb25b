package dev.sluice.plugins.contentsafety;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.ahocorasick.trie.Emit;
import org.ahocorasick.trie.Trie;

/**
 * Deny words, however they are disguised. A word of letters that are written with spaces between words is found as a whole
 * word; one of Chinese, Japanese or Thai wherever it stands.
 */
final class WordsEngine implements Engine.Local {
    private final Trie words;
    private final String risk;
    private final Level level;
    private final int longest;

    WordsEngine(Collection<String> words, String risk, Level level) {
        Trie.TrieBuilder trie = Trie.builder();
        int most = 0;
        for (String word : words) {
            String folded = Text.of(word).folded().strip();
            if (!folded.isEmpty()) {
                trie.addKeyword(folded);
                most = Math.max(most, folded.length());
            }
        }
        this.words = trie.build();
        this.risk = risk;
        this.level = level;
        this.longest = most;
    }

    /** The longest word, in characters of the plain text. */
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
            if (!isInWord(folded, emit.getStart()) && !isInWord(folded, to)) {
                found.add(text.back(Finding.at(emit.getStart(), to, risk, "words", level)));
            }
        }
        return found;
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
