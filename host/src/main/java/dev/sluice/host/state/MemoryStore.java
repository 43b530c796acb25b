package dev.sluice.host.state;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Policy.VarExpiration;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.sluice.api.SharedState;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What all filters of this node keep, in memory: one per process, seen by each filter through its own
 * {@linkplain #of namespace}.
 *
 * <p>Bounded by size: an entry counts two bytes for each character of its key and value and {@value #ENTRY_BYTES} for
 * itself. Beyond the bound those entries are forgotten that were used least, as if they had expired; a counter in steady
 * use stays. Safe for all threads; locks are striped over keys and held for the few instructions of one operation.
 */
public final class MemoryStore implements StateStore {
    private static final int ENTRY_BYTES = 128;
    private static final int STRIPES = 256;
    private static final Duration FOR_EVER = Duration.ofNanos(Long.MAX_VALUE);

    private final Cache<Name, String> values;
    private final VarExpiration<Name, String> expiration;
    private final InstantSource clock;
    private final ReentrantLock[] stripes = new ReentrantLock[STRIPES];

    /**
     * An empty store.
     *
     * @param maxBytes the bound
     * @param clock the time that scripts see
     * @param ticker the time by which entries expire; not set back when the clock is
     */
    public MemoryStore(long maxBytes, InstantSource clock, Ticker ticker) {
        this.values = Caffeine.newBuilder()
                .maximumWeight(maxBytes)
                .weigher(MemoryStore::bytes)
                .expireAfter(KEEPING)
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
        this.expiration = values.policy().expireVariably().orElseThrow();
        this.clock = clock;
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new ReentrantLock();
        }
    }

    /** An empty store on the system's clock. */
    public static MemoryStore ofBytes(long maxBytes) {
        return new MemoryStore(maxBytes, InstantSource.system(), Ticker.systemTicker());
    }

    @Override
    public SharedState of(String filter, int version) {
        return new MemoryState(this, filter, version);
    }

    /** Nothing is under way; all stays as it is. */
    @Override
    public void close() {}

    /** About how many entries there are, over all filters; expired ones may still count. */
    public long size() {
        values.cleanUp();
        return values.estimatedSize();
    }

    /** Does the work while no other operation sees or changes these entries. */
    <T> T locked(List<Name> names, Supplier<T> work) {
        // In the order of the stripes, each once: two scripts over the same keys cannot wait for each other.
        int[] order =
                names.stream().mapToInt(MemoryStore::stripe).sorted().distinct().toArray();
        for (int stripe : order) {
            stripes[stripe].lock();
        }
        try {
            return work.get();
        } finally {
            for (int stripe : order) {
                stripes[stripe].unlock();
            }
        }
    }

    /** As {@link #locked(List, Supplier)}, for one entry. */
    <T> T locked(Name name, Supplier<T> work) {
        ReentrantLock lock = stripes[stripe(name)];
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    String get(Name name) {
        return values.getIfPresent(name);
    }

    /** Sets a value; null for one that never expires. */
    void set(Name name, String value, @Nullable Duration ttl) {
        String unused = expiration.put(name, value, ttl == null ? FOR_EVER : TimesToLive.positive(ttl));
    }

    /** Adds to a number and keeps its time to live; a new one gets the one given, null for one that never expires. */
    long add(Name name, long delta, @Nullable Duration ttl) {
        if (ttl != null) {
            var unused = TimesToLive.positive(ttl);
        }
        String old = get(name);
        if (old == null) {
            set(name, Long.toString(delta), ttl);
            return delta;
        }
        long sum = sum(name, old, delta);
        values.put(name, Long.toString(sum));
        return sum;
    }

    void expire(Name name, Duration ttl) {
        if (ttl.isNegative() || ttl.isZero()) {
            values.invalidate(name);
        } else {
            expiration.setExpiresAfter(name, ttl);
        }
    }

    /** Whether there was one. */
    boolean remove(Name name) {
        return values.asMap().remove(name) != null;
    }

    long now() {
        return clock.millis();
    }

    private static long sum(Name name, String old, long delta) {
        long number;
        try {
            number = Long.parseLong(old);
            if (!Long.toString(number).equals(old)) {
                throw new NumberFormatException("not as Redis spells it");
            }
        } catch (NumberFormatException e) {
            throw new IllegalStateException(
                    "'" + name.key() + "' of " + name.filter() + " holds no number to add to", e);
        }
        try {
            return Math.addExact(number, delta);
        } catch (ArithmeticException e) {
            throw new IllegalStateException("'" + name.key() + "' of " + name.filter() + " would leave 64 bits", e);
        }
    }

    private static int bytes(Name name, String value) {
        return (int) Math.min(Integer.MAX_VALUE, ENTRY_BYTES + 2L * (name.key().length() + value.length()));
    }

    private static int stripe(Name name) {
        int hash = name.hashCode();
        return (hash ^ (hash >>> 16)) & (STRIPES - 1);
    }

    /** An entry's whole name. */
    record Name(String filter, int version, String key) {}

    private static final Expiry<Name, String> KEEPING = new Expiry<>() {
        @Override
        public long expireAfterCreate(Name name, String value, long now) {
            return Long.MAX_VALUE;
        }

        @Override
        public long expireAfterUpdate(Name name, String value, long now, long left) {
            return left;
        }

        @Override
        public long expireAfterRead(Name name, String value, long now, long left) {
            return left;
        }
    };
}
