package dev.sluice.plugins.tokenratelimit;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.plugins.tokenratelimit.Claim.Figure;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What administrators may do to a quota, wherever they ask. Safe for all threads. */
final class QuotaAdmin {
    /** Long before the doubles of a script on Redis round. */
    private static final BigDecimal MOST_TOKENS = BigDecimal.valueOf(1_000_000_000_000L);

    private static final BigDecimal MOST_MONEY = BigDecimal.valueOf(1_000_000);
    private static final Pattern NUMBER = Pattern.compile("[+-]?[0-9]{1,15}(\\.[0-9]{1,9})?");
    private static final int LONGEST_NAME = 200;

    private final Quota quota;
    private final Ledger ledger;

    QuotaAdmin(Quota quota, Ledger ledger) {
        this.quota = quota;
        this.ledger = ledger;
    }

    /** The most that may be given at once. */
    static BigDecimal most(Budget unit) {
        return unit.digits() == 0 ? MOST_TOKENS : MOST_MONEY;
    }

    /**
     * How it stands with a consumer.
     *
     * @throws IllegalArgumentException if that is no name; the message says what one is
     */
    CompletionStage<Figure> query(@Nullable String consumer) {
        return ask(name(consumer), "none", 0);
    }

    /**
     * Lets a consumer have so much left, in the period that runs.
     *
     * @throws IllegalArgumentException if one of them is wrong; the message says which, and how
     */
    CompletionStage<Figure> refresh(@Nullable String consumer, @Nullable String amount) {
        String name = name(consumer);
        long left = amount("quota", amount);
        if (left < 0) {
            throw new IllegalArgumentException("'quota' must not be negative; 'delta' takes away");
        }
        return ask(name, "set", left);
    }

    /**
     * Gives a consumer so much more, or less, in the period that runs.
     *
     * @throws IllegalArgumentException if one of them is wrong; the message says which, and how
     */
    CompletionStage<Figure> delta(@Nullable String consumer, @Nullable String amount) {
        return ask(name(consumer), "add", amount("value", amount));
    }

    private CompletionStage<Figure> ask(String consumer, String how, long amount) {
        return ledger.administer(quota.rule(consumer), quota.subject(consumer), how, amount);
    }

    private static String name(@Nullable String consumer) {
        if (consumer == null || consumer.isBlank()) {
            throw new IllegalArgumentException("'consumer' is missing: say whose quota it is");
        }
        if (consumer.length() > LONGEST_NAME || consumer.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("'consumer' is no consumer's name: up to " + LONGEST_NAME
                    + " characters, none of them for control");
        }
        return consumer;
    }

    private long amount(String field, @Nullable String written) {
        if (written == null || written.isBlank()) {
            throw new IllegalArgumentException("'" + field + "' is missing: say how much");
        }
        Budget unit = quota.budget();
        if (NUMBER.matcher(written).matches()) {
            BigDecimal amount = new BigDecimal(written);
            if (amount.abs().compareTo(most(unit)) > 0) {
                throw new IllegalArgumentException(
                        "'" + field + "' must not be more than " + most(unit).toPlainString() + " " + unit.unit());
            }
            try {
                return unit.amount(amount);
            } catch (ArithmeticException fraction) {
                throw new IllegalArgumentException(expected(field, unit), fraction);
            }
        }
        throw new IllegalArgumentException(expected(field, unit));
    }

    private static String expected(String field, Budget unit) {
        return "'" + field + "' must be " + (unit.digits() == 0 ? "a whole number of " : "an amount of ") + unit.unit();
    }

    /** What Higress answers to a query; below zero where more was used than there was. */
    static ObjectNode brief(String consumer, Figure figure) {
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        tree.put("consumer", consumer);
        return put(tree, "quota", figure, figure.limit().capacity() - figure.used());
    }

    /** The same, and all that is known. */
    static ObjectNode whole(String consumer, Figure figure) {
        ObjectNode tree = brief(consumer, figure);
        put(tree, "limit", figure, figure.limit().capacity());
        put(tree, "used", figure, figure.used());
        put(tree, "reserved", figure, figure.reserved());
        put(tree, "remaining", figure, figure.remaining());
        Budget budget = Objects.requireNonNull(figure.limit().budget());
        tree.put("unit", budget.unit()).put("period", budget.period());
        if (budget.endsAt() != 0) {
            tree.put("resetsAt", Instant.ofEpochMilli(budget.endsAt()).toString());
        }
        return tree;
    }

    private static ObjectNode put(ObjectNode tree, String field, Figure figure, long amount) {
        Budget budget = Objects.requireNonNull(figure.limit().budget());
        return budget.digits() == 0 ? tree.put(field, amount) : tree.put(field, budget.shown(amount));
    }
}
