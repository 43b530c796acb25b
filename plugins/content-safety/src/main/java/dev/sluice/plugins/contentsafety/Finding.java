package dev.sluice.plugins.contentsafety;

import org.jspecify.annotations.Nullable;

/**
 * A risk that an engine has found in one of the texts it was given.
 *
 * @param text which of the texts
 * @param from where it begins there, in characters (UTF-16)
 * @param to where it ends, exclusive; with {@code from} 0 and this -1, somewhere in the text
 * @param risk its type: {@code email}
 * @param family the type's family: {@code pii}
 * @param level how grave it is
 * @param mask what replaces it, where the engine says so; null: a placeholder of its type
 * @param action what is done about it, where the engine says so; null: the rules say
 */
record Finding(
        int text,
        int from,
        int to,
        String risk,
        String family,
        Level level,
        @Nullable String mask,
        @Nullable Action action) {

    static Finding at(int from, int to, String risk, String family, Level level) {
        return new Finding(0, from, to, risk, family, level, null, null);
    }

    static Finding somewhere(int text, String risk, String family, Level level) {
        return new Finding(text, 0, -1, risk, family, level, null, null);
    }

    boolean hasPlace() {
        return to >= 0;
    }

    int length() {
        return to - from;
    }

    Finding in(int text) {
        return new Finding(text, from, to, risk, family, level, mask, action);
    }

    Finding placed(int from, int to) {
        return new Finding(text, from, to, risk, family, level, mask, action);
    }

    Finding masked(@Nullable String mask) {
        return new Finding(text, from, to, risk, family, level, mask, action);
    }

    Finding decided(@Nullable Action action) {
        return new Finding(text, from, to, risk, family, level, mask, action);
    }

    boolean overlaps(Finding other) {
        return text == other.text && from < other.to && other.from < to;
    }
}
