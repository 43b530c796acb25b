package dev.sluice.plugins.contentsafety;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether numbers are what they look like. Each takes the number without spaces and hyphens. */
final class Checksums {
    private static final int[] CHINA = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    private static final String CHINA_LAST = "10X98765432";
    private static final String DNI = "TRWAGMYFPDXBNJZSQVHLCKE";

    /** ISO 13616: how long an account's number is, by country. */
    private static final Map<String, Integer> IBAN = Map.ofEntries(
            Map.entry("AD", 24),
            Map.entry("AE", 23),
            Map.entry("AT", 20),
            Map.entry("BE", 16),
            Map.entry("BG", 22),
            Map.entry("BR", 29),
            Map.entry("CH", 21),
            Map.entry("CY", 28),
            Map.entry("CZ", 24),
            Map.entry("DE", 22),
            Map.entry("DK", 18),
            Map.entry("EE", 20),
            Map.entry("ES", 24),
            Map.entry("FI", 18),
            Map.entry("FR", 27),
            Map.entry("GB", 22),
            Map.entry("GR", 27),
            Map.entry("HR", 21),
            Map.entry("HU", 28),
            Map.entry("IE", 22),
            Map.entry("IL", 23),
            Map.entry("IS", 26),
            Map.entry("IT", 27),
            Map.entry("LI", 21),
            Map.entry("LT", 20),
            Map.entry("LU", 20),
            Map.entry("LV", 21),
            Map.entry("MC", 27),
            Map.entry("MT", 31),
            Map.entry("NL", 18),
            Map.entry("NO", 15),
            Map.entry("PL", 28),
            Map.entry("PT", 25),
            Map.entry("QA", 29),
            Map.entry("RO", 24),
            Map.entry("RS", 22),
            Map.entry("SA", 24),
            Map.entry("SE", 24),
            Map.entry("SI", 19),
            Map.entry("SK", 24),
            Map.entry("SM", 27),
            Map.entry("TR", 26),
            Map.entry("UA", 29));

    private static final int[][] VERHOEFF = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
        {3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
        {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
        {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}
    };
    private static final int[][] PERMUTED = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}, {5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
        {8, 9, 1, 6, 0, 4, 3, 5, 2, 7}, {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
        {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}
    };

    private Checksums() {}

    /** Payment cards: Luhn's check digit, and a first digit that some network has. */
    static boolean card(String digits) {
        int sum = 0;
        for (int i = 0; i < digits.length(); i++) {
            int d = digits.charAt(digits.length() - 1 - i) - '0';
            int twice = i % 2 == 1 ? 2 * d : d;
            sum += twice > 9 ? twice - 9 : twice;
        }
        char first = digits.charAt(0);
        return sum % 10 == 0
                && first >= '2'
                && first <= '6'
                && digits.chars().distinct().count() > 1;
    }

    /** International account numbers: ISO 7064 mod 97, and the country's length. */
    static boolean iban(String text) {
        Integer length = IBAN.get(text.substring(0, 2));
        if (length == null || length != text.length()) {
            return false;
        }
        int rest = 0;
        String turned = text.substring(4) + text.substring(0, 4);
        for (int i = 0; i < turned.length(); i++) {
            int value = Character.digit(turned.charAt(i), 36);
            rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
        }
        return rest == 1;
    }

    /** China's citizen numbers: a date of birth and ISO 7064 mod 11-2. */
    static boolean china(String text) {
        int sum = 0;
        for (int i = 0; i < 17; i++) {
            sum += CHINA[i] * (text.charAt(i) - '0');
        }
        return CHINA_LAST.charAt(sum % 11) == Character.toUpperCase(text.charAt(17)) && isDate(text.substring(6, 14));
    }

    private static boolean isDate(String yyyymmdd) {
        try {
            int year = Integer.parseInt(yyyymmdd.substring(0, 4));
            var unused = LocalDate.of(
                    year, Integer.parseInt(yyyymmdd.substring(4, 6)), Integer.parseInt(yyyymmdd.substring(6)));
            return year >= 1850 && year <= 2100;
        } catch (DateTimeException e) {
            return false;
        }
    }

    /** Social security numbers of the United States have no check digit, but areas that are never given. */
    static boolean unitedStates(String digits) {
        int area = Integer.parseInt(digits.substring(0, 3));
        return area != 0 && area != 666 && area < 900 && !digits.startsWith("00", 3) && !digits.endsWith("0000");
    }

    /** Spain's DNI and NIE. */
    static boolean spain(String text) {
        char first = text.charAt(0);
        String digits = (first >= 'X' ? Integer.toString(first - 'X') : "" + first) + text.substring(1, 8);
        return DNI.charAt(Integer.parseInt(digits) % 23) == text.charAt(8);
    }

    /** Brazil's CPF. */
    static boolean brazil(String digits) {
        return digits.chars().distinct().count() > 1 && cpf(digits, 9) && cpf(digits, 10);
    }

    private static boolean cpf(String digits, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (digits.charAt(i) - '0') * (length + 1 - i);
        }
        return sum * 10 % 11 % 10 == digits.charAt(length) - '0';
    }

    /** India's Aadhaar: Verhoeff. */
    static boolean india(String digits) {
        int check = 0;
        for (int i = 0; i < digits.length(); i++) {
            int d = digits.charAt(digits.length() - 1 - i) - '0';
            check = VERHOEFF[check][PERMUTED[i % 8][d]];
        }
        return check == 0;
    }

    /** IPv4 as people write it: four numbers to 255 without leading zeros. */
    static boolean ipv4(String text) {
        for (String part : text.split("\\.", -1)) {
            if (Integer.parseInt(part) > 255 || (part.length() > 1 && part.charAt(0) == '0')) {
                return false;
            }
        }
        return true;
    }

    /** IPv6 in hexadecimal groups; one gap at most. */
    static boolean ipv6(String text) {
        int gap = text.indexOf("::");
        if (gap < 0) {
            return groups(text) == 8;
        }
        int before = groups(text.substring(0, gap));
        int behind = groups(text.substring(gap + 2));
        return before >= 0 && behind >= 0 && before + behind >= 2 && before + behind < 8;
    }

    /** How many groups; -1 if it is not all groups. */
    private static int groups(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return 0;
        }
        String[] groups = text.split(":", -1);
        for (String group : groups) {
            if (group.isEmpty() || group.length() > 4) {
                return -1;
            }
        }
        return groups.length;
    }
}
