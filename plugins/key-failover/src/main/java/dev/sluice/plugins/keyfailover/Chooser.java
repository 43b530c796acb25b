package dev.sluice.plugins.keyfailover;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Chooses one of several keys. Thread-safe, as far as its source of randomness is. */
final class Chooser {
    private final KeyFailoverConfig.Strategy strategy;
    private final RandomGenerator random;
    private final AtomicInteger turns = new AtomicInteger();

    Chooser(KeyFailoverConfig.Strategy strategy, RandomGenerator random) {
        this.strategy = strategy;
        this.random = random;
    }

    /**
     * One of these.
     *
     * @param among in the provider's order; not empty
     * @param sticky who always gets the same one, and another only while that one is not among them; null: nobody
     */
    PooledKey choose(List<PooledKey> among, @Nullable String sticky, Instant now) {
        if (sticky != null) {
            // The highest of all keys' numbers for that name: a key that comes or goes moves nobody else's.
            return pick(among, Comparator.comparingLong(key -> -mixed(sticky, key.id())));
        }
        return switch (strategy) {
            case RANDOM -> among.get(random.nextInt(among.size()));
            case ROUND_ROBIN -> among.get(Math.floorMod(turns.getAndIncrement(), among.size()));
            case LEAST_USED -> leastUsed(among, now);
        };
    }

    /** Tries that are under way count as what a try of that key has used so far, so that a burst spreads out. */
    private PooledKey leastUsed(List<PooledKey> among, Instant now) {
        int first = random.nextInt(among.size());
        PooledKey least = among.get(first);
        long fewest = load(least, now);
        for (int i = 1; i < among.size(); i++) {
            PooledKey key = among.get((first + i) % among.size());
            long load = load(key, now);
            if (load < fewest) {
                least = key;
                fewest = load;
            }
        }
        return least;
    }

    private static long load(PooledKey key, Instant now) {
        int busy = key.underWay().get();
        return key.tokens().sum(now) + busy * key.tokens().usual(now);
    }

    private static PooledKey pick(List<PooledKey> among, Comparator<PooledKey> order) {
        return among.stream().min(order).orElseThrow();
    }

    private static long mixed(String name, String key) {
        long hash = 0xcbf29ce484222325L;
        String both = name + '\n' + key;
        for (int i = 0; i < both.length(); i++) {
            hash = (hash ^ both.charAt(i)) * 0x100000001b3L;
        }
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        // Without its sign, so that it can be negated.
        return (hash ^ (hash >>> 33)) >>> 1;
    }
}
