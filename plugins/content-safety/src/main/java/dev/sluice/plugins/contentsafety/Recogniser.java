package dev.sluice.plugins.contentsafety;

import com.google.i18n.phonenumbers.NumberParseException;
import com.google.i18n.phonenumbers.PhoneNumberUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Recognises one kind of personal data in the plain text. Its patterns cannot run away: no repetition in a repetition, and
 * a start that the middle of a match is not.
 */
final class Recogniser {
    private static final String DIGITS = "0123456789";
    private static final String CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz";
    private static final String NO_WORD_BEFORE = "(?<![A-Za-z0-9_])";
    private static final String NO_WORD_BEHIND = "(?![A-Za-z0-9_])";
    private static final String NO_NUMBER_BEFORE = "(?<![A-Za-z0-9_.+-])";
    private static final String NO_NUMBER_BEHIND = "(?![A-Za-z0-9_]|[.-]\\d)";

    /** What the number in the middle of a match may begin and end with, beside its digits: {@code AB 12}, {@code 12-X}. */
    private static final int BEFORE_DIGITS = 3;

    private static final int BEHIND_DIGITS = 2;

    private final Pattern pattern;
    private final Search search;
    private final Predicate<String> check;

    /** Where matches are looked for; finds what the pattern finds in the whole text, but looks only where a match can be. */
    @FunctionalInterface
    private interface Search {
        void run(Matcher matcher, String plain, List<Digits> digits, Runnable matched);
    }

    private Recogniser(String pattern, Search search, Predicate<String> check) {
        this.pattern = Pattern.compile(pattern);
        this.search = search;
        this.check = check;
    }

    /** A number whose check is of its digits and letters alone. */
    private static Recogniser number(String pattern, int least, String oneOf, Predicate<String> check) {
        return new Recogniser(
                NO_NUMBER_BEFORE + pattern + NO_NUMBER_BEHIND, amongDigits(least, oneOf), isNumber(check));
    }

    private static Predicate<String> isNumber(Predicate<String> check) {
        return match -> check.test(match.replaceAll("[ .-]", ""));
    }

    /** A secret, by the mark that it begins with. */
    private static Recogniser marked(String mark, String pattern) {
        return new Recogniser(pattern, around(mark, "", 0), match -> true);
    }

    /**
     * Among digits that may be one number.
     *
     * @param least how many digits every match has that the check lets pass
     * @param oneOf characters of which every match holds one; empty: any do
     */
    private static Search amongDigits(int least, String oneOf) {
        return (matcher, plain, digits, matched) -> {
            for (Digits some : digits) {
                int from = Math.max(0, some.first() - BEFORE_DIGITS);
                int to = Math.min(plain.length(), some.last() + 1 + BEHIND_DIGITS);
                if (some.count() >= least && (oneOf.isEmpty() || hasOneOf(plain, from, to, oneOf))) {
                    for (int at = from; at < to; ) {
                        if (mayBegin(plain, at) && matcher.region(at, to).lookingAt()) {
                            matched.run();
                            at = matcher.end();
                        } else {
                            at++;
                        }
                    }
                }
            }
        };
    }

    /** Whether some number may begin there: none does within a word or a number. */
    private static boolean mayBegin(String plain, int at) {
        return (Digits.isDigit(plain, at) || "+(".indexOf(plain.charAt(at)) >= 0 || isCapital(plain.charAt(at)))
                && (at == 0 || !isWithin(plain.charAt(at - 1)));
    }

    private static boolean isWithin(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || isCapital(c) || c == '_' || c == '.';
    }

    private static boolean hasOneOf(String plain, int from, int to, String oneOf) {
        for (int i = from; i < to; i++) {
            if (oneOf.indexOf(plain.charAt(i)) >= 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * Around each mark.
     *
     * @param before the characters that may stand in a match before its first mark, where nothing but them begins it
     * @param most how many of them
     */
    private static Search around(String mark, String before, int most) {
        return (matcher, plain, digits, matched) -> {
            int free = 0;
            for (int at = plain.indexOf(mark); at >= 0; at = plain.indexOf(mark, Math.max(at + 1, free))) {
                int from = at;
                while (from > free && at - from < most && before.indexOf(plain.charAt(from - 1)) >= 0) {
                    from--;
                }
                if (matcher.region(from, plain.length()).lookingAt()) {
                    matched.run();
                    free = matcher.end();
                }
            }
        };
    }

    /** Where two letters stand before two digits: those are the first of theirs. */
    private static void ofAccounts(Matcher matcher, String plain, List<Digits> digits, Runnable matched) {
        int free = 0;
        for (Digits some : digits) {
            int from = some.first() - 2;
            if (from >= free
                    && isCapital(plain.charAt(from))
                    && isCapital(plain.charAt(from + 1))
                    && matcher.region(from, plain.length()).lookingAt()) {
                matched.run();
                free = matcher.end();
            }
        }
    }

    private static boolean isCapital(char c) {
        return c >= 'A' && c <= 'Z';
    }

    static List<Recogniser> email() {
        return List.of(new Recogniser(
                "(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\\.){1,8}[A-Za-z]{2,24}"
                        + NO_WORD_BEHIND,
                around("@", LETTERS + CAPITALS + DIGITS + "._%+-", 64),
                match -> match.charAt(0) != '.' && !match.contains("..") && !match.contains(".@")));
    }

    static List<Recogniser> idNumber() {
        return List.of(
                number("\\d{17}[0-9Xx]", 17, "", Checksums::china),
                number("\\d{3}-\\d{2}-\\d{4}", 9, "-", Checksums::unitedStates),
                number("(?:\\d|[XYZ])\\d{7}-?[A-Z]", 7, CAPITALS, Checksums::spain),
                number("\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}", 11, ".", Checksums::brazil),
                number("[2-9]\\d{3} \\d{4} \\d{4}", 12, " ", Checksums::india),
                number(
                        "(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]",
                        6, CAPITALS, match -> true));
    }

    static List<Recogniser> card() {
        return List.of(
                number("\\d{4}([ -]?)\\d{4}\\1\\d{4}\\1\\d{1,7}", 13, "", Checksums::card),
                number("3[47]\\d{2}([ -]?)\\d{6}\\1\\d{5}", 15, "", Checksums::card));
    }

    static List<Recogniser> iban() {
        return List.of(new Recogniser(
                NO_NUMBER_BEFORE + "[A-Z]{2}\\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?" + NO_NUMBER_BEHIND,
                Recogniser::ofAccounts,
                isNumber(Checksums::iban)));
    }

    /** Keys and tokens by the marks that their makers put on them. */
    static List<Recogniser> secret() {
        return List.of(
                marked("sk-", NO_WORD_BEFORE + "sk-[A-Za-z0-9_-]{16,200}"),
                marked("AKIA", NO_WORD_BEFORE + "AKIA[0-9A-Z]{16}" + NO_WORD_BEHIND),
                marked("ASIA", NO_WORD_BEFORE + "ASIA[0-9A-Z]{16}" + NO_WORD_BEHIND),
                marked("gh", NO_WORD_BEFORE + "gh[pousr]_[A-Za-z0-9]{36,255}"),
                marked("github_pat_", NO_WORD_BEFORE + "github_pat_[A-Za-z0-9_]{22,255}"),
                marked("glpat-", NO_WORD_BEFORE + "glpat-[A-Za-z0-9_-]{20,64}"),
                marked("xox", NO_WORD_BEFORE + "xox[abeprs]-[A-Za-z0-9-]{10,200}"),
                marked("AIza", NO_WORD_BEFORE + "AIza[0-9A-Za-z_-]{35}"),
                marked("LTAI", NO_WORD_BEFORE + "LTAI[0-9A-Za-z]{12,26}" + NO_WORD_BEHIND),
                marked(
                        "eyJ",
                        NO_WORD_BEFORE + "eyJ[A-Za-z0-9_-]{8,4000}\\.eyJ[A-Za-z0-9_-]{8,8000}\\.[A-Za-z0-9_-]{8,4000}"),
                marked(
                        "-----BEGIN",
                        "-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[A-Za-z0-9+/=\\s:,-]{20,8000}?-----END [A-Z ]{0,20}PRIVATE KEY-----"));
    }

    static List<Recogniser> ip() {
        return List.of(
                new Recogniser(
                        "(?<![A-Za-z0-9_.])\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}(?![A-Za-z0-9_]|\\.\\d)",
                        amongDigits(4, "."),
                        Checksums::ipv4),
                new Recogniser(
                        "(?<![A-Za-z0-9_:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![A-Za-z0-9_:])",
                        around(":", DIGITS + "abcdefABCDEF", 4),
                        match -> Checksums.ipv6(match)));
    }

    /**
     * Telephone numbers: with their country's code those of all countries, without it those that one of these regions
     * has and that are written as telephone numbers are. A bare run of digits is one only where it is a Chinese mobile's.
     */
    static List<Recogniser> phone(List<String> regions) {
        List<Recogniser> all = new ArrayList<>();
        all.add(new Recogniser(
                "(?<![A-Za-z0-9_.+])(?:\\+|00)[1-9]\\d{0,3}(?:[ ().-]{0,2}\\d{1,5}){2,6}(?!\\d)",
                amongDigits(6, "+0"),
                match -> isPhone(match.startsWith("00") ? "+" + match.substring(2) : match, "ZZ")));
        for (String region : regions) {
            if (region.equals("CN")) {
                all.add(new Recogniser(
                        NO_NUMBER_BEFORE + "1[3-9]\\d{9}" + NO_NUMBER_BEHIND, amongDigits(11, ""), match -> true));
            }
            boolean american = region.equals("US") || region.equals("CA");
            all.add(new Recogniser(
                    NO_NUMBER_BEFORE
                            + (american
                                    ? "(?:\\([2-9]\\d{2}\\) ?|[2-9]\\d{2}[ .-])\\d{3}[ .-]\\d{4}"
                                    : "(?:\\(0\\d{1,5}\\)|0\\d{1,5})(?:[ ./-]{1,2}\\d{2,8}){1,4}")
                            + NO_NUMBER_BEHIND,
                    american ? amongDigits(10, "") : amongDigits(5, "0"),
                    match -> isPhone(match, region)));
        }
        return all;
    }

    private static boolean isPhone(String match, String region) {
        try {
            PhoneNumberUtil phones = PhoneNumberUtil.getInstance();
            var number = phones.parse(match, region);
            return region.equals("ZZ") ? phones.isValidNumber(number) : phones.isValidNumberForRegion(number, region);
        } catch (NumberParseException e) {
            return false;
        }
    }

    /**
     * Tells where it is found in the plain text.
     *
     * @param digits those of the text
     */
    void find(String plain, List<Digits> digits, Found found) {
        Matcher matcher = matcher(plain);
        search.run(matcher, plain, digits, () -> {
            if (check.test(matcher.group())) {
                found.at(matcher.start(), matcher.end());
            }
        });
    }

    /** What looks over the whole text. */
    Matcher matcher(String plain) {
        return pattern.matcher(plain).useTransparentBounds(true).useAnchoringBounds(false);
    }

    Predicate<String> check() {
        return check;
    }

    /** Is told of what is found, by its place. */
    @FunctionalInterface
    interface Found {
        void at(int from, int to);
    }
}
