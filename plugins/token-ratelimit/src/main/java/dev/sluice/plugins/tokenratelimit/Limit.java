package dev.sluice.plugins.tokenratelimit;

import java.time.Duration;

/**
 * How much of one currency there is. Immutable.
 *
 * @param algorithm as {@link Windows} knows it
 * @param capacity the most that may be used at once
 */
record Limit(Currency currency, String algorithm, long amount, Duration window, long capacity) {

    /** What is limited. */
    enum Currency {
        TOKENS("t"),
        REQUESTS("r"),
        CONCURRENCY("c");

        private final String letter;

        Currency(String letter) {
            this.letter = letter;
        }
    }

    /** What tells its key from those of the same rule and subject; another window is another count. */
    String suffix() {
        return currency.letter + algorithm + window.toMillis();
    }

    /** The same, for a part of it; never nothing at all. */
    Limit share(double part) {
        return new Limit(currency, algorithm, part(amount, part), window, part(capacity, part));
    }

    private static long part(long whole, double part) {
        return Math.max(1, (long) (whole * part));
    }

    String words() {
        return switch (currency) {
            case TOKENS -> amount + " tokens in " + Words.duration(window);
            case REQUESTS -> amount + " requests in " + Words.duration(window);
            case CONCURRENCY -> amount + " requests at once";
        };
    }
}
