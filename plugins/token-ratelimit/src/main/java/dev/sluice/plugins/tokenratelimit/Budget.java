package dev.sluice.plugins.tokenratelimit;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * What makes a limit a budget: it is there for a period by the calendar, and administrators may change it. Immutable.
 *
 * @param period tells the periods apart
 * @param endsAt in milliseconds since the epoch; 0: never
 * @param every as in {@code 5 tokens a day}, with a blank before it; empty if it never ends
 * @param unit {@code tokens}, or the currency
 * @param digits decimal places of an amount
 */
record Budget(String period, long endsAt, String every, String unit, int digits) {
    private static final int NANOS = 9;

    static Budget ofTokens(String period, long endsAt, String every) {
        return new Budget(period, endsAt, every, "tokens", 0);
    }

    static Budget ofMoney(String period, long endsAt, String every, String currency) {
        return new Budget(period, endsAt, every, currency, NANOS);
    }

    /** An amount as people write it. */
    BigDecimal shown(long amount) {
        BigDecimal shown = BigDecimal.valueOf(amount, digits).stripTrailingZeros();
        return shown.scale() < 0 ? shown.setScale(0) : shown;
    }

    /**
     * The amount that is written so.
     *
     * @throws ArithmeticException if it is finer than can be counted, or more
     */
    long amount(BigDecimal shown) {
        return shown.setScale(digits).unscaledValue().longValueExact();
    }

    String words(long amount) {
        return shown(amount).toPlainString() + " " + unit;
    }

    /** What becomes of it in time. */
    String renewal() {
        return endsAt == 0
                ? "; it is not renewed by itself"
                : "; the next begins at " + Instant.ofEpochMilli(endsAt).truncatedTo(ChronoUnit.SECONDS);
    }
}
