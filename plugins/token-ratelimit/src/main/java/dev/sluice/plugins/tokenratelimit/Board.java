package dev.sluice.plugins.tokenratelimit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.plugins.tokenratelimit.Claim.Figure;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Who has used what, for operators: as this node has last seen it, of the {@value #MOST} counts it has seen last those
 * {@value #SHOWN} that are nearest to their limits. Safe for all threads.
 */
final class Board {
    private static final int MOST = 10_000;
    private static final int SHOWN = 1000;

    private final LongSupplier clock;
    private final Map<String, Seen> seen = new LinkedHashMap<>(16, 0.75f, true);

    Board(LongSupplier clock) {
        this.clock = clock;
    }

    private record Seen(Rule rule, Subject subject, Figure figure, long resetsAt) {
        boolean isOver(long now) {
            boolean used = figure.used() > 0 && resetsAt > now;
            return !used && (figure.reserved() == 0 || figure.end() <= now);
        }

        double part() {
            return (double) (figure.used() + figure.reserved())
                    / Math.max(1, figure.limit().capacity());
        }
    }

    synchronized void saw(Change change, List<String> answer) {
        long now = clock.getAsLong();
        for (int i = 0; i < change.places().size(); i++) {
            Change.Place place = change.places().get(i);
            Figure figure = Figure.of(place.limit(), i, answer);
            if (figure.used() == 0 && figure.reserved() == 0) {
                seen.remove(change.keys().get(i));
            } else {
                Budget budget = place.limit().budget();
                long resetsAt = budget != null && budget.endsAt() == 0 ? Long.MAX_VALUE : now + figure.reset();
                seen.put(change.keys().get(i), new Seen(place.rule(), place.subject(), figure, resetsAt));
            }
        }
        var oldest = seen.entrySet().iterator();
        while (seen.size() > MOST && oldest.hasNext()) {
            oldest.next();
            oldest.remove();
        }
    }

    synchronized JsonNode tree() {
        long now = clock.getAsLong();
        seen.values().removeIf(one -> one.isOver(now));
        ArrayNode tree = JsonNodeFactory.instance.arrayNode();
        seen.values().stream()
                .sorted(Comparator.comparingDouble(Seen::part).reversed())
                .limit(SHOWN)
                .forEach(one -> tree.add(tree(one.rule(), one.subject(), one.figure(), one.resetsAt())));
        return tree;
    }

    /** One count that was looked at now. */
    ObjectNode tree(Rule rule, Subject subject, Figure figure) {
        Budget budget = figure.limit().budget();
        boolean ever = budget != null && budget.endsAt() == 0;
        return tree(rule, subject, figure, ever ? Long.MAX_VALUE : clock.getAsLong() + figure.reset());
    }

    private static ObjectNode tree(Rule rule, Subject subject, Figure figure, long resetsAt) {
        Limit limit = figure.limit();
        Budget budget = limit.budget();
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        tree.put("rule", rule.name());
        tree.put("subject", subject.shown());
        tree.put("currency", limit.currency().name().toLowerCase(Locale.ROOT));
        amount(tree, "limit", limit, limit.capacity());
        if (budget != null) {
            tree.put("unit", budget.unit()).put("period", budget.period());
        } else if (limit.currency() != Limit.Currency.CONCURRENCY) {
            tree.put("window", Words.duration(limit.window()));
        }
        amount(tree, "used", limit, figure.used());
        amount(tree, "reserved", limit, figure.reserved());
        amount(tree, "remaining", limit, figure.remaining());
        if (figure.used() > 0 && resetsAt != Long.MAX_VALUE) {
            tree.put("resetsAt", Instant.ofEpochMilli(resetsAt).toString());
        }
        return tree;
    }

    private static void amount(ObjectNode tree, String field, Limit limit, long amount) {
        Budget budget = limit.budget();
        if (budget == null || budget.digits() == 0) {
            tree.put(field, amount);
        } else {
            tree.put(field, budget.shown(amount));
        }
    }
}
