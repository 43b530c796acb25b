package dev.sluice.plugins.modelfallback;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;

/** The latest calls that needed rescue, and how many did of all. Thread-safe. */
final class FallbackLog {
    private static final int MINUTES = 60;
    private static final int RATE_MINUTES = 5;
    private static final long MINUTE = 60_000;

    /** So many fallbacks within an hour are worth a line in the log. */
    private static final long ALERT = 10;

    private final int size;
    private final InstantSource clock;
    private final Logger log;
    private final Deque<ObjectNode> latest = new ArrayDeque<>();
    private final long[] calls = new long[MINUTES];
    private final long[] fallen = new long[MINUTES];
    private long minute;
    private long alertedAt;

    FallbackLog(int size, InstantSource clock, Logger log) {
        this.size = size;
        this.clock = clock;
        this.log = log;
        this.minute = clock.millis() / MINUTE;
    }

    /** Counts a call. */
    synchronized void count(boolean fell) {
        move();
        int slot = (int) (minute % MINUTES);
        calls[slot]++;
        if (!fell) {
            return;
        }
        fallen[slot]++;
        long now = clock.millis();
        if (sum(fallen, MINUTES) >= ALERT && (alertedAt == 0 || now - alertedAt >= MINUTES * MINUTE)) {
            alertedAt = now;
            log.warn("{} calls within an hour were answered by a fallback", sum(fallen, MINUTES));
        }
    }

    private void move() {
        long now = clock.millis() / MINUTE;
        for (long m = Math.max(minute + 1, now - MINUTES + 1); m <= now; m++) {
            calls[(int) (m % MINUTES)] = 0;
            fallen[(int) (m % MINUTES)] = 0;
        }
        minute = Math.max(minute, now);
    }

    private long sum(long[] counts, int minutes) {
        long sum = 0;
        for (long m = minute - minutes + 1; m <= minute; m++) {
            sum += counts[(int) Math.floorMod(m, (long) MINUTES)];
        }
        return sum;
    }

    /** The part of the last five minutes' calls that a fallback answered. */
    synchronized double rate() {
        move();
        long all = sum(calls, RATE_MINUTES);
        return all == 0 ? 0 : (double) sum(fallen, RATE_MINUTES) / all;
    }

    /** Adds an entry, newest first. */
    synchronized void add(ObjectNode entry) {
        latest.addFirst(entry);
        while (latest.size() > size) {
            latest.removeLast();
        }
    }

    synchronized JsonNode shown() {
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        tree.put("rate", rate());
        tree.put("lastHour", sum(fallen, MINUTES));
        tree.put("alert", sum(fallen, MINUTES) >= ALERT);
        ArrayNode list = tree.putArray("latest");
        latest.forEach(entry -> list.add(entry.deepCopy()));
        return tree;
    }
}
