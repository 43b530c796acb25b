package dev.sluice.plugins.tokenratelimit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Who has used what, for operators: as this node has last seen it, of the {@value #MOST} counts it has seen last. Safe for
 * all threads.
 */
final class Board {
    private static final int MOST = 1000;

    private final LongSupplier clock;
    private final Map<String, Seen> seen = new LinkedHashMap<>(16, 0.75f, true);

    Board(LongSupplier clock) {
        this.clock = clock;
    }

    private record Seen(Change.Place place, long used, long reserved, long resetsAt, long endsAt) {}

    synchronized void saw(Change change, List<String> answer) {
        long now = clock.getAsLong();
        for (int i = 0; i < change.places().size(); i++) {
            int at = 1 + i * Windows.ANSWERS;
            long used = Long.parseLong(answer.get(at));
            long reserved = Long.parseLong(answer.get(at + 1));
            long resetsAt = now + Long.parseLong(answer.get(at + 2));
            long endsAt = Long.parseLong(answer.get(at + 4));
            if (used == 0 && reserved == 0) {
                seen.remove(change.keys().get(i));
            } else {
                seen.put(change.keys().get(i), new Seen(change.places().get(i), used, reserved, resetsAt, endsAt));
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
        seen.values()
                .removeIf(one ->
                        (one.used() == 0 || one.resetsAt() <= now) && (one.reserved() == 0 || one.endsAt() <= now));
        ArrayNode tree = JsonNodeFactory.instance.arrayNode();
        seen.values().forEach(one -> tree.add(tree(one)));
        return tree;
    }

    private static ObjectNode tree(Seen one) {
        Limit limit = one.place().limit();
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        tree.put("rule", one.place().rule().name());
        tree.put("subject", one.place().subject().shown());
        tree.put("currency", limit.currency().name().toLowerCase(Locale.ROOT));
        tree.put("limit", limit.capacity());
        if (limit.currency() != Limit.Currency.CONCURRENCY) {
            tree.put("window", Words.duration(limit.window()));
        }
        tree.put("used", one.used());
        tree.put("reserved", one.reserved());
        tree.put("remaining", Math.max(0, limit.capacity() - one.used() - one.reserved()));
        if (one.used() > 0) {
            tree.put("resetsAt", Instant.ofEpochMilli(one.resetsAt()).toString());
        }
        return tree;
    }
}
