package dev.sluice.plugins.modelfallback;

import dev.sluice.plugins.modelfallback.ModelFallbackConfig.Health;
import java.time.Duration;

/**
 * How one target has done so far, and whether it is out. Times are in milliseconds since the epoch, which all nodes
 * share. Thread-safe.
 */
final class TargetHealth {
    /** The weight of the last answer in the moving average. */
    private static final double WEIGHT = 0.2;

    private final String name;
    private final Health rules;
    private long windowStart;
    private int requests;
    private int failures;
    private int inARow;
    private int ejections;
    private long outSince;
    private long outUntil;
    private boolean probing;
    private double latency;
    private long latencyAt;

    TargetHealth(String name, Health rules, long now) {
        this.name = name;
        this.rules = rules;
        this.windowStart = now;
    }

    String name() {
        return name;
    }

    synchronized boolean isOut() {
        return outUntil != 0;
    }

    /** When it may be tried again; 0 if it is in. */
    synchronized long outUntil() {
        return outUntil;
    }

    synchronized int ejections() {
        return ejections;
    }

    /** Whether a request may go there: it is in, or its time is up and no other request is finding out. */
    synchronized boolean isOpen(long now) {
        return outUntil == 0 || (outUntil <= now && !probing);
    }

    /** Claims the one request that is to show whether it is back; false if it is in, or still out. */
    synchronized boolean claimProbe(long now) {
        if (outUntil == 0 || outUntil > now || probing) {
            return false;
        }
        probing = true;
        return true;
    }

    /** The request that was to show it got no outcome. */
    synchronized void releaseProbe() {
        probing = false;
    }

    /**
     * Counts a try that was answered, if only by an error that is the caller's own.
     *
     * @return whether it is in again
     */
    synchronized boolean answered(long begun, long now) {
        if (outUntil != 0) {
            if (begun < outSince) {
                return false;
            }
            restore(now);
            return true;
        }
        count(now, 0);
        inARow = 0;
        return false;
    }

    /**
     * Counts a try that failed.
     *
     * @param probe whether it was to show if the target is back
     * @return whether the target is to be ejected now
     */
    synchronized boolean failed(boolean probe, long now) {
        if (outUntil != 0) {
            return probe;
        }
        count(now, 1);
        inARow++;
        boolean tooMany = requests >= rules.minRequests() && failures * 100L >= (long) rules.failureRate() * requests;
        return tooMany || (rules.consecutive() > 0 && inARow >= rules.consecutive());
    }

    private void count(long now, int failed) {
        long interval = Math.max(1, rules.interval().toMillis());
        long passed = (now - windowStart) / interval;
        if (passed > 0) {
            long clean = failures == 0 ? passed : passed - 1;
            ejections = (int) Math.max(0, ejections - clean);
            windowStart += passed * interval;
            requests = 0;
            failures = 0;
        }
        requests++;
        failures += failed;
    }

    /** Takes it out, each time in a row for longer. */
    synchronized Duration eject(long now) {
        ejections++;
        long base = rules.baseEjection().toMillis();
        long out = Math.min(base * ejections, Math.max(base, rules.maxEjection().toMillis()));
        adopt(now, now + out, ejections);
        return Duration.ofMillis(out);
    }

    /** It is out already, as another node or an earlier generation has found. */
    synchronized void adopt(long since, long until, int timesInARow) {
        outSince = since;
        outUntil = until;
        ejections = timesInARow;
        probing = false;
        clear(until);
    }

    /** Lets it in again; how often it was out is forgotten only in time. */
    synchronized void restore(long now) {
        outUntil = 0;
        probing = false;
        clear(now);
    }

    private void clear(long now) {
        windowStart = now;
        requests = 0;
        failures = 0;
        inARow = 0;
    }

    /** Whether it is out since longer ago than that. */
    synchronized boolean isOutSinceBefore(long time) {
        return outUntil != 0 && outSince < time;
    }

    /** Takes note of the time to an answer's first event, or of how long it was waited for in vain. */
    synchronized void took(long millis, long now) {
        latency = latencyAt == 0 ? millis : latency + WEIGHT * (millis - latency);
        latencyAt = now;
    }

    /** The moving average of the time to the first event, in milliseconds; -1 if it is unknown. */
    synchronized long latency() {
        return latencyAt == 0 ? -1 : Math.round(latency);
    }

    /**
     * The same for a request that is to choose by it: one that is older than that is unknown, but only to the first that
     * asks, so that a single request measures anew.
     */
    synchronized long latencyNewerThan(long time, long now) {
        if (latencyAt == 0) {
            return -1;
        }
        if (latencyAt < time) {
            latencyAt = now;
            return -1;
        }
        return Math.round(latency);
    }
}
