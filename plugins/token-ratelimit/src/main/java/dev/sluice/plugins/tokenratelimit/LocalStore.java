package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Script;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What this node alone goes by while the shared state cannot be reached. Keeps the {@value #MOST} entries used last. Safe
 * for all threads.
 */
final class LocalStore {
    private static final int MOST = 100_000;

    private final LongSupplier clock;
    private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    LocalStore(LongSupplier clock) {
        this.clock = clock;
    }

    synchronized List<String> run(Script script, List<String> keys, List<String> args) {
        List<String> result = script.javaTwin().run(new Run(clock.getAsLong()), keys, args);
        var oldest = entries.entrySet().iterator();
        while (entries.size() > MOST && oldest.hasNext()) {
            oldest.next();
            oldest.remove();
        }
        return result;
    }

    synchronized int size() {
        return entries.size();
    }

    private record Entry(String value, long until) {}

    private final class Run implements Script.Store {
        private final long now;

        Run(long now) {
            this.now = now;
        }

        @Override
        public @Nullable String get(String key) {
            Entry entry = entries.get(key);
            return entry == null || entry.until() <= now ? null : entry.value();
        }

        @Override
        public void set(String key, String value, @Nullable Duration ttl) {
            entries.put(key, new Entry(value, ttl == null ? Long.MAX_VALUE : now + ttl.toMillis()));
        }

        @Override
        public long incrBy(String key, long delta) {
            throw new UnsupportedOperationException("no script of this filter counts so");
        }

        @Override
        public void expire(String key, Duration ttl) {
            throw new UnsupportedOperationException("no script of this filter sets times apart from values");
        }

        @Override
        public void del(String key) {
            entries.remove(key);
        }

        @Override
        public long now() {
            return now;
        }
    }
}
