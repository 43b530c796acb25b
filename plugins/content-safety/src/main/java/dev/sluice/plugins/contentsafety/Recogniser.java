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
    private static final String NO_WORD_BEFORE = "(?<![A-Za-z0-9_])";
    private static final String NO_WORD_BEHIND = "(?![A-Za-z0-9_])";
    private static final String NO_NUMBER_BEFORE = "(?<![A-Za-z0-9_.+-])";
    private static final String NO_NUMBER_BEHIND = "(?![A-Za-z0-9_]|[.-]\\d)";

    private final Pattern pattern;
    /** What every match holds; empty: digits. */
    private final String hint;

    private final Predicate<String> check;

    private Recogniser(String pattern, String hint, Predicate<String> check) {
        this.pattern = Pattern.compile(pattern);
        this.hint = hint;
        this.check = check;
    }

    private static Recogniser of(String pattern, String hint, Predicate<String> check) {
        return new Recogniser(pattern, hint, check);
    }

    /** A number whose check is of its digits and letters alone. */
    private static Recogniser number(String pattern, Predicate<String> check) {
        return of(
                NO_NUMBER_BEFORE + pattern + NO_NUMBER_BEHIND, "", match -> check.test(match.replaceAll("[ .-]", "")));
    }

    static List<Recogniser> email() {
        return List.of(of(
                "(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\\.){1,8}[A-Za-z]{2,24}"
                        + NO_WORD_BEHIND,
                "@",
                match -> match.charAt(0) != '.' && !match.contains("..") && !match.contains(".@")));
    }

    static List<Recogniser> idNumber() {
        return List.of(
                number("\\d{17}[0-9Xx]", Checksums::china),
                number("\\d{3}-\\d{2}-\\d{4}", Checksums::unitedStates),
                number("(?:\\d|[XYZ])\\d{7}-?[A-Z]", Checksums::spain),
                number("\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}", Checksums::brazil),
                number("[2-9]\\d{3} \\d{4} \\d{4}", Checksums::india),
                number(
                        "(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]",
                        match -> true));
    }

    static List<Recogniser> card() {
        return List.of(
                number("\\d{4}([ -]?)\\d{4}\\1\\d{4}\\1\\d{1,7}", Checksums::card),
                number("3[47]\\d{2}([ -]?)\\d{6}\\1\\d{5}", Checksums::card));
    }

    static List<Recogniser> iban() {
        return List.of(number("[A-Z]{2}\\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?", Checksums::iban));
    }

    /** Keys and tokens by the marks that their makers put on them. */
    static List<Recogniser> secret() {
        return List.of(
                of(NO_WORD_BEFORE + "sk-[A-Za-z0-9_-]{16,200}", "sk-", match -> true),
                of(NO_WORD_BEFORE + "(?:AKIA|ASIA)[0-9A-Z]{16}" + NO_WORD_BEHIND, "IA", match -> true),
                of(NO_WORD_BEFORE + "gh[pousr]_[A-Za-z0-9]{36,255}", "gh", match -> true),
                of(NO_WORD_BEFORE + "github_pat_[A-Za-z0-9_]{22,255}", "github_pat_", match -> true),
                of(NO_WORD_BEFORE + "glpat-[A-Za-z0-9_-]{20,64}", "glpat-", match -> true),
                of(NO_WORD_BEFORE + "xox[abeprs]-[A-Za-z0-9-]{10,200}", "xox", match -> true),
                of(NO_WORD_BEFORE + "AIza[0-9A-Za-z_-]{35}", "AIza", match -> true),
                of(NO_WORD_BEFORE + "LTAI[0-9A-Za-z]{12,26}" + NO_WORD_BEHIND, "LTAI", match -> true),
                of(
                        NO_WORD_BEFORE + "eyJ[A-Za-z0-9_-]{8,4000}\\.eyJ[A-Za-z0-9_-]{8,8000}\\.[A-Za-z0-9_-]{8,4000}",
                        "eyJ",
                        match -> true),
                of(
                        "-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[A-Za-z0-9+/=\\s:,-]{20,8000}?-----END [A-Z ]{0,20}PRIVATE KEY-----",
                        "-----BEGIN",
                        match -> true));
    }

    static List<Recogniser> ip() {
        return List.of(
                of(
                        "(?<![A-Za-z0-9_.])\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}(?![A-Za-z0-9_]|\\.\\d)",
                        ".",
                        Checksums::ipv4),
                of(
                        "(?<![A-Za-z0-9_:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![A-Za-z0-9_:])",
                        ":",
                        match -> Checksums.ipv6(match)));
    }

    /**
     * Telephone numbers: with their country's code those of all countries, without it those that one of these regions
     * has and that are written as telephone numbers are. A bare run of digits is one only where it is a Chinese mobile's.
     */
    static List<Recogniser> phone(List<String> regions) {
        List<Recogniser> all = new ArrayList<>();
        all.add(of(
                "(?<![A-Za-z0-9_.+])(?:\\+|00)[1-9]\\d{0,3}(?:[ ().-]{0,2}\\d{1,5}){2,6}(?!\\d)",
                "",
                match -> isPhone(match.startsWith("00") ? "+" + match.substring(2) : match, "ZZ")));
        for (String region : regions) {
            if (region.equals("CN")) {
                all.add(of("(?<![A-Za-z0-9_.+-])1[3-9]\\d{9}(?![A-Za-z0-9_]|[.-]\\d)", "", match -> true));
            }
            boolean american = region.equals("US") || region.equals("CA");
            all.add(of(
                    american
                            ? "(?<![A-Za-z0-9_.+-])(?:\\([2-9]\\d{2}\\) ?|[2-9]\\d{2}[ .-])\\d{3}[ .-]\\d{4}(?![A-Za-z0-9_]|[.-]\\d)"
                            : "(?<![A-Za-z0-9_.+-])(?:\\(0\\d{1,5}\\)|0\\d{1,5})(?:[ ./-]{1,2}\\d{2,8}){1,4}(?![A-Za-z0-9_]|[.-]\\d)",
                    "",
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

    void find(Text text, String risk, Level level, List<Finding> into) {
        String plain = text.plain();
        if (hint.isEmpty() ? !text.hasDigits() : !plain.contains(hint)) {
            return;
        }
        Matcher matcher = pattern.matcher(plain);
        while (matcher.find()) {
            if (check.test(matcher.group())) {
                into.add(text.back(Finding.at(matcher.start(), matcher.end(), risk, "pii", level)));
            }
        }
    }
}
