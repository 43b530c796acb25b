package dev.sluice.plugins.cache;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What of a question must be the same in another for one answer to do for both, however near their vectors are: the models
 * hardly see a number, a name, a negation or an order. It knows English and Chinese; of other languages it sees numbers,
 * names, quotes and words that were replaced. Immutable.
 */
final class Traits {
    private static final Pattern NUMBER = Pattern.compile("\\d+(?:[.,:]\\d+)*");
    private static final Pattern QUOTED = Pattern.compile("[\"“„«]([^\"“”„«»]+)[\"”»]|[「『《]([^」』》]+)[」』》]|`([^`]+)`");
    private static final Pattern WORD =
            Pattern.compile("[\\p{L}\\p{Mn}&&[^\\p{IsHan}]]+(?:'[\\p{L}&&[^\\p{IsHan}]]+)?");
    private static final Pattern HAN = Pattern.compile("\\p{IsHan}+");
    private static final Pattern SENTENCE = Pattern.compile("(?:^|[.!?:;。！？：；\\n])[\\s\\p{P}]*$");

    /** All ways to split it are tried, which are too many of a text that somebody has made for that. */
    private static final int LONGEST_TRADE = 60;

    private final List<String> numbers = new ArrayList<>();
    private final Set<String> quotes = new TreeSet<>();
    private final List<String> names = new ArrayList<>();
    private final Set<String> said = new HashSet<>();
    private final List<String> content = new ArrayList<>();
    private final Set<String> poles = new HashSet<>();
    private final Set<String> asked = new HashSet<>();
    private final boolean denied;
    private final boolean directed;

    /** By a word that points somewhere, where it points. */
    private final Map<String, String> targets = new HashMap<>();

    private Traits(String text) {
        String plain = Normalizer.normalize(text, Normalizer.Form.NFKC).replace('’', '\'');
        NUMBER.matcher(plain).results().forEach(found -> numbers.add(number(found.group())));
        QUOTED.matcher(plain)
                .results()
                .forEach(found -> quotes.add(found.group()
                        .substring(1, found.group().length() - 1)
                        .strip()
                        .toLowerCase(Locale.ROOT)));
        boolean not = false;
        String direction = "";
        Matcher words = WORD.matcher(plain);
        while (words.find()) {
            String word = words.group();
            String lower = word.toLowerCase(Locale.ROOT);
            said.add(lower);
            not |= Lexicon.denies(lower);
            if (Lexicon.ASKING.containsKey(lower)) {
                asked.add(Lexicon.ASKING.get(lower));
            }
            String counted = Lexicon.NUMBERS.get(lower);
            if (counted != null) {
                numbers.add(counted);
            } else {
                Lexicon.pole(lower, poles);
                String stem = Lexicon.stem(lower);
                boolean named = isName(word, lower, plain, words.start());
                if (named) {
                    names.add(lower);
                }
                if (named || !(Lexicon.FILLERS.contains(lower) || Lexicon.FILLERS.contains(stem))) {
                    content.add(stem);
                    if (!direction.isEmpty()) {
                        targets.put(stem, direction);
                        direction = "";
                    }
                }
                if (Lexicon.DIRECTIONS.contains(lower)) {
                    direction = lower;
                }
            }
        }
        boolean towards = false;
        Matcher han = HAN.matcher(plain);
        while (han.find()) {
            String part = han.group();
            not |= Lexicon.deniesHan(part);
            towards |= Lexicon.isDirectedHan(part);
            Lexicon.polesHan(part, poles);
            Lexicon.askedHan(part, asked);
            said.add(part);
            Lexicon.withoutFillers(Lexicon.numbersHan(part, numbers))
                    .codePoints()
                    .forEach(c -> content.add(Character.toString(c)));
        }
        numbers.sort(null);
        this.denied = not;
        this.directed = towards;
    }

    /** Those of that text. */
    static Traits of(String text) {
        return new Traits(text);
    }

    /** A capital that no sentence's beginning explains. */
    private static boolean isName(String word, String lower, String text, int at) {
        boolean capital = Character.isUpperCase(word.codePointAt(0));
        boolean within = word.codePoints().skip(1).anyMatch(Character::isUpperCase);
        boolean oneself = lower.equals("i") || lower.startsWith("i'");
        return within || (capital && !oneself && !isFirst(text, at));
    }

    private static boolean isFirst(String text, int at) {
        return SENTENCE.matcher(text.substring(Math.max(0, at - 20), at)).find();
    }

    private static String number(String digits) {
        return digits.matches("\\d{1,3}(?:,\\d{3})+(?:\\.\\d+)?") ? digits.replace(",", "") : digits;
    }

    /** In what the two differ so that one answer cannot do for both; null if in nothing that is known of. */
    static @Nullable String difference(Traits one, Traits other) {
        if (!one.numbers.equals(other.numbers)) {
            return "number";
        }
        if (!one.quotes.equals(other.quotes)) {
            return "quote";
        }
        if (!other.said.containsAll(one.names) || !one.said.containsAll(other.names)) {
            return "name";
        }
        if (one.denied != other.denied) {
            return "negation";
        }
        if (Lexicon.conflict(one.poles, other.poles)) {
            return "opposite";
        }
        if (!one.asked.isEmpty() && !other.asked.isEmpty() && !one.asked.equals(other.asked)) {
            return "question";
        }
        if (one.content.isEmpty() && !one.said.equals(other.said)) {
            return "word";
        }
        if (!new HashSet<>(one.content).equals(new HashSet<>(other.content))) {
            return "word";
        }
        boolean turned = ((one.directed || other.directed) && !one.content.equals(other.content))
                || (misses(one.targets, other.targets) && misses(other.targets, one.targets))
                || !(one.targets.isEmpty() || other.targets.isEmpty() || one.inOrder(other))
                || traded(one.content, other.content);
        return turned ? "order" : null;
    }

    /** Whether two things have traded places around what stands between them: one does it to the other, or is done to. */
    private static boolean traded(List<String> one, List<String> other) {
        if (one.size() != other.size()) {
            return false;
        }
        int from = 0;
        int to = one.size();
        while (from < to && one.get(from).equals(other.get(from))) {
            from++;
        }
        while (to > from && one.get(to - 1).equals(other.get(to - 1))) {
            to--;
        }
        List<String> here = one.subList(from, to);
        List<String> there = other.subList(from, to);
        int size = here.size();
        if (size > LONGEST_TRADE) {
            return false;
        }
        for (int first = 1; first < size - 1; first++) {
            for (int last = 1; first + last < size; last++) {
                if (there.subList(0, last).equals(here.subList(size - last, size))
                        && there.subList(last, size - first).equals(here.subList(first, size - last))
                        && there.subList(size - first, size).equals(here.subList(0, first))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether the names come in the same order. */
    private boolean inOrder(Traits other) {
        return names.equals(other.names)
                || names.size() < 2
                || !Set.copyOf(names).equals(Set.copyOf(other.names));
    }

    /** Whether something that one points at is not pointed at in the same way by the other. */
    private static boolean misses(Map<String, String> targets, Map<String, String> others) {
        return targets.entrySet().stream().anyMatch(target -> !target.getValue().equals(others.get(target.getKey())));
    }
}
