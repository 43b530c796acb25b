package dev.sluice.host.state;

import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import dev.sluice.host.state.MemoryStore.Name;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One filter's view of a {@link MemoryStore}. Every stage is complete when it is returned, so what depends on it runs on
 * the caller's thread; whatever goes wrong fails the stage, nothing is thrown.
 */
final class MemoryState implements SharedState {
    private final MemoryStore store;
    private final String filter;
    private final int version;

    MemoryState(MemoryStore store, String filter, int version) {
        this.store = store;
        this.filter = filter;
        this.version = version;
    }

    @Override
    public CompletionStage<Long> add(String key, long delta, Duration ttl) {
        Objects.requireNonNull(ttl, "ttl");
        Name name = name(key);
        return stage(() -> store.locked(name, () -> store.add(name, delta, ttl)));
    }

    @Override
    public CompletionStage<Optional<String>> get(String key) {
        Name name = name(key);
        return stage(() -> store.locked(name, () -> Optional.ofNullable(store.get(name))));
    }

    @Override
    public CompletionStage<Void> put(String key, String value, Duration ttl) {
        Objects.requireNonNull(ttl, "ttl");
        Name name = name(key);
        return stage(() -> store.locked(name, () -> {
                    store.set(name, value, ttl);
                    return true;
                }))
                .thenAccept(done -> {});
    }

    @Override
    public CompletionStage<Boolean> replace(String key, Optional<String> expected, String value, Duration ttl) {
        Objects.requireNonNull(ttl, "ttl");
        Name name = name(key);
        return stage(() -> store.locked(name, () -> {
            boolean asExpected = Optional.ofNullable(store.get(name)).equals(expected);
            if (asExpected) {
                store.set(name, value, ttl);
            }
            return asExpected;
        }));
    }

    @Override
    public CompletionStage<Boolean> remove(String key) {
        Name name = name(key);
        return stage(() -> store.locked(name, () -> store.remove(name)));
    }

    /** Runs the script's Java form, on the caller's thread. */
    @Override
    public CompletionStage<List<String>> run(Script script, List<String> keys, List<String> args) {
        List<String> given = List.copyOf(keys);
        List<Name> names = given.stream().map(this::name).toList();
        return stage(() -> {
            KeyGroups.check(script, given);
            return run(script, given, names, List.copyOf(args));
        });
    }

    private List<String> run(Script script, List<String> given, List<Name> names, List<String> args) {
        return store.locked(names, () -> {
            Run run = new Run(script, given, names);
            try {
                return List.copyOf(script.javaTwin().run(run, given, args));
            } finally {
                run.over = true;
            }
        });
    }

    private Name name(String key) {
        return new Name(filter, version, Objects.requireNonNull(key, "key"));
    }

    private static <T> CompletableFuture<T> stage(Supplier<T> work) {
        try {
            return CompletableFuture.completedFuture(work.get());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** What one run of a script sees: the keys that are locked for it, while they are. */
    private final class Run implements Script.Store {
        private final Script script;
        private final Map<String, Name> names = new HashMap<>();
        private final long now = store.now();
        private boolean over;

        Run(Script script, List<String> keys, List<Name> names) {
            this.script = script;
            for (int i = 0; i < keys.size(); i++) {
                this.names.put(keys.get(i), names.get(i));
            }
        }

        @Override
        public @Nullable String get(String key) {
            return store.get(named(key));
        }

        @Override
        public void set(String key, String value, @Nullable Duration ttl) {
            store.set(named(key), value, ttl);
        }

        @Override
        public long incrBy(String key, long delta) {
            return store.add(named(key), delta, null);
        }

        @Override
        public void expire(String key, Duration ttl) {
            store.expire(named(key), ttl);
        }

        @Override
        public void del(String key) {
            store.remove(named(key));
        }

        @Override
        public long now() {
            return now;
        }

        private Name named(String key) {
            if (over) {
                throw new IllegalStateException(
                        "script '" + script.name() + "' is over and may touch nothing any more");
            }
            Name name = names.get(key);
            if (name == null) {
                throw new IllegalArgumentException("script '" + script.name() + "' touches '" + key
                        + "', which is not among the keys it was run with: " + names.keySet());
            }
            return name;
        }
    }
}
