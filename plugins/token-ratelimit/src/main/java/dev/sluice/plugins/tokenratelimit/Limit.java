package dev.sluice.plugins.tokenratelimit;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How much of one currency there is. Immutable.
 *
 * @param algorithm as {@link Windows} knows it; none for a budget
 * @param capacity the most that may be used at once
 * @param budget null: it is a limit with a window
 */
record Limit(
        Currency currency,
        String algorithm,
        long amount,
        Duration window,
        long capacity,
        @Nullable Budget budget) {

    Limit(Currency currency, String algorithm, long amount, Duration window, long capacity) {
        this(currency, algorithm, amount, window, capacity, null);
    }

    /** What is limited. */
    enum Currency {
        TOKENS("t"),
        REQUESTS("r"),
        CONCURRENCY("c"),
        /** Billionths of a currency. */
        MONEY("m");

        private final String letter;

        Currency(String letter) {
            this.letter = letter;
        }
    }

    /** What tells its key from those of the same rule and subject; another window is another count. */
    String suffix() {
        if (budget != null) {
            return "q" + currency.letter + budget.period();
        }
        return currency.letter + algorithm + window.toMillis();
    }

    /** Whether it is of what answers cost, which is known after them. */
    boolean isMetered() {
        return currency == Currency.TOKENS || currency == Currency.MONEY;
    }

    /** The same, for a part of it; never nothing at all. */
    Limit share(double part) {
        return new Limit(currency, algorithm, part(amount, part), window, part(capacity, part), budget);
    }

    /** The same, with as much as administrators have made of it. */
    Limit holding(long capacity) {
        return new Limit(currency, algorithm, amount, window, capacity, budget);
    }

    private static long part(long whole, double part) {
        return Math.max(1, (long) (whole * part));
    }

    String words() {
        if (budget != null) {
            return budget.words(capacity) + budget.every();
        }
        return switch (currency) {
            case TOKENS -> amount + " tokens in " + Words.duration(window);
            case REQUESTS -> amount + " requests in " + Words.duration(window);
            case CONCURRENCY -> amount + " requests at once";
            case MONEY -> throw new IllegalStateException("money is limited by budgets alone");
        };
    }
}
