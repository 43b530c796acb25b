package dev.sluice.host.upstream;

import dev.sluice.host.config.Config.ActiveHealth;
import dev.sluice.host.config.Config.PassiveHealth;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint of one provider, as it has shown itself so far: how busy and how fast it is, and whether it is out.
 * Lives as long as some config names it, so that a reload forgets nothing. Thread-safe.
 */
public final class Endpoint {

    /** Whether it gets requests. */
    public enum State {
        /** It does. */
        IN,
        /** It was ejected, and its time is not up. */
        EJECTED,
        /** Its time is up: it gets one request, whose outcome decides. */
        PROBING,
        /** Its active checks fail. */
        DOWN
    }

    /** The weight of the last answer in the moving average of times. */
    private static final double WEIGHT = 0.2;

    private final URI uri;
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile long latency;

    private volatile boolean ejected;
    private volatile long ejectedUntil;
    private volatile boolean down;
    private @Nullable String trouble;
    private boolean probing;
    private long windowStart;
    private int requests;
    private int failures;
    private int ejections;
    private int streak;

    Endpoint(URI uri, long now) {
        this.uri = uri;
        this.windowStart = now;
    }

    /** Its base URL. */
    public URI uri() {
        return uri;
    }

    /** Tries that are under way. */
    public int inFlight() {
        return inFlight.get();
    }

    /** The moving average of the time to an answer's first event; zero: not known yet. */
    public Duration latency() {
        return Duration.ofNanos(latency);
    }

    /** How many times in a row it was ejected; shrinks by one in each clean interval. */
    public synchronized int ejections() {
        return ejections;
    }

    /** What its last active check found wrong; null: nothing, or it is not checked. */
    public synchronized @Nullable String trouble() {
        return trouble;
    }

    State state(long now) {
        if (down) {
            return State.DOWN;
        }
        if (!ejected) {
            return State.IN;
        }
        return ejectedUntil - now > 0 ? State.EJECTED : State.PROBING;
    }

    /** How long it stays out; zero if it is not ejected. */
    Duration ejectedFor(long now) {
        return ejected ? Duration.ofNanos(Math.max(0, ejectedUntil - now)) : Duration.ZERO;
    }

    boolean isEjected() {
        return ejected;
    }

    /** Claims the one request of an endpoint that is to show whether it is back. */
    synchronized boolean claimProbe() {
        if (probing || !ejected) {
            return false;
        }
        probing = true;
        return true;
    }

    /** The request that was to show it never got an outcome. */
    synchronized void releaseProbe() {
        probing = false;
    }

    void began() {
        inFlight.incrementAndGet();
    }

    void ended() {
        inFlight.decrementAndGet();
    }

    void took(long nanos) {
        long before = latency;
        latency = before == 0 ? Math.max(1, nanos) : Math.max(1, (long) (before + WEIGHT * (nanos - before)));
    }

    /** Counts an answer; one to a probe brings it back. */
    synchronized boolean succeeded(long now, PassiveHealth health, boolean probe) {
        if (probe && ejected) {
            ejected = false;
            probing = false;
            clear(now);
            return true;
        }
        count(now, health, 0);
        return false;
    }

    /** Counts a failure; says whether there are so many now that it is to be ejected. */
    synchronized boolean failed(long now, PassiveHealth health, boolean probe) {
        if (ejected) {
            // What was under way when it was ejected says nothing new.
            return probe;
        }
        count(now, health, 1);
        return requests >= health.minRequests() && failures * 100L >= (long) health.failureRate() * requests;
    }

    private void count(long now, PassiveHealth health, int failed) {
        if (ejected) {
            return;
        }
        long passed = (now - windowStart) / health.interval().toNanos();
        if (passed > 0) {
            long clean = failures == 0 ? passed : passed - 1;
            ejections = (int) Math.max(0, ejections - clean);
            windowStart += passed * health.interval().toNanos();
            requests = 0;
            failures = 0;
        }
        requests++;
        failures += failed;
    }

    synchronized Duration eject(long now, PassiveHealth health) {
        ejections++;
        long base = health.baseEjection().toNanos();
        long most = Math.max(base, health.maxEjection().toNanos());
        long out = ejections > most / base ? most : base * ejections;
        probing = false;
        ejectedUntil = now + out;
        ejected = true;
        clear(ejectedUntil);
        return Duration.ofNanos(out);
    }

    /** Lets it in again, whatever it was out for but its active checks. */
    synchronized void restore(long now) {
        ejected = false;
        probing = false;
        ejections = 0;
        clear(now);
    }

    private void clear(long now) {
        windowStart = now;
        requests = 0;
        failures = 0;
    }

    /**
     * Takes note of an active check.
     *
     * @param wrong null: it was passed
     * @return whether it is in where it was out before, or the other way round
     */
    synchronized boolean checked(@Nullable String wrong, ActiveHealth health) {
        boolean bad = wrong != null;
        trouble = wrong;
        if (bad == down) {
            streak = 0;
            return false;
        }
        streak++;
        if (streak < (bad ? health.failureThreshold() : health.successThreshold())) {
            return false;
        }
        streak = 0;
        down = bad;
        return true;
    }

    /** It is not checked any longer. */
    synchronized void unchecked() {
        down = false;
        trouble = null;
        streak = 0;
    }

    @Override
    public String toString() {
        return uri.toString();
    }
}
