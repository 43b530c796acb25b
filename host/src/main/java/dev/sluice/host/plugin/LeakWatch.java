package dev.sluice.host.plugin;

import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the class loaders of unloaded generations until they are collected, and names those that are not, with what
 * probably holds them. It holds neither a loader nor a class of one.
 *
 * <p>Only some collections free classes, and weeks may pass without one. So each loader is watched beside a canary, a
 * class that nobody holds: a canary that is gone tells that a loader that is still there was held.
 */
public final class LeakWatch {
    private static final Logger LOG = LoggerFactory.getLogger(LeakWatch.class);

    /** The first may die while a frame of whoever unloaded the generation still holds the loader. */
    private static final int CANARIES = 2;

    private final List<Watched> all = new CopyOnWriteArrayList<>();
    private final Duration patience;
    private final Runnable collection;
    private final Clock clock;
    private final Supplier<Reference<?>> canaries;
    private Instant requested = Instant.MIN;

    /**
     * A generation that is unloaded and cannot be collected.
     *
     * @param plugin the plugin's id
     * @param generation the generation's label
     * @param unloaded since when it should be gone
     * @param suspects sentences, each of something that holds a class of it; empty if nothing was found
     */
    public record Leak(String plugin, String generation, Instant unloaded, List<String> suspects) {}

    private static final class Watched {
        private final String plugin;
        private final String generation;
        private final Instant unloaded;
        private final Reference<ClassLoader> loader;
        private Reference<?> canary;
        private Instant canaryMade;
        private int survived;
        private volatile @Nullable Leak leak;

        Watched(String plugin, String generation, ClassLoader loader, Reference<?> canary, Instant now) {
            this.plugin = plugin;
            this.generation = generation;
            this.loader = new WeakReference<>(loader);
            this.unloaded = now;
            this.canary = canary;
            this.canaryMade = now;
        }

        long seconds(Instant now) {
            return Duration.between(unloaded, now).toSeconds();
        }
    }

    /**
     * A watch that watches nothing yet.
     *
     * @param patience how long it waits for the JVM to collect classes by itself before it asks for it, with
     *     {@link System#gc()}; also the least time between two requests
     */
    public LeakWatch(Duration patience) {
        this(patience, System::gc, Clock.systemUTC(), Canary::make);
    }

    LeakWatch(Duration patience, Runnable collection, Clock clock, Supplier<Reference<?>> canaries) {
        this.patience = patience;
        this.collection = collection;
        this.clock = clock;
        this.canaries = canaries;
    }

    /**
     * Begins to watch a generation that was just unloaded. Any thread.
     *
     * @param plugin the plugin's id
     * @param generation what to call it in the log, such as {@code foo@1.2.0 (abcdef123456)}
     * @param loader its class loader, which must be its alone
     */
    public void watch(String plugin, String generation, ClassLoader loader) {
        all.add(new Watched(plugin, generation, loader, canaries.get(), clock.instant()));
    }

    /**
     * Sees what was collected, and logs what cannot be. To be called about once a second, always by the same thread, which
     * may wait here for a collection to end, but not by an event loop.
     */
    public void look() {
        if (all.isEmpty()) {
            return;
        }
        Instant now = clock.instant();
        boolean overdue = false;
        for (Watched watched : all) {
            overdue |= isOverdue(watched, now);
        }
        if (overdue && !now.isBefore(requested.plus(patience))) {
            requested = now;
            collection.run();
        }
    }

    /** Looks at one; tells whether it is for want of a collection that nothing is known of it. */
    private boolean isOverdue(Watched watched, Instant now) {
        // In this order: what one collection frees is freed at once, so one between the two reads frees no loader
        // unseen.
        // And not with get(), which would keep alive what a concurrent collection is about to free.
        boolean died = watched.canary.refersTo(null);
        if (watched.loader.refersTo(null)) {
            freed(watched, now);
            return false;
        }
        if (watched.leak != null) {
            return false;
        }
        if (died && ++watched.survived == CANARIES) {
            accuse(watched, now);
            return false;
        }
        if (died) {
            watched.canary = canaries.get();
            watched.canaryMade = now;
        }
        return !now.isBefore(watched.canaryMade.plus(patience));
    }

    private void freed(Watched watched, Instant now) {
        all.remove(watched);
        if (watched.leak != null) {
            LOG.info(
                    "plugin {}: {} is freed after all, {} s after it was unloaded",
                    watched.plugin,
                    watched.generation,
                    watched.seconds(now));
        }
    }

    private static void accuse(Watched watched, Instant now) {
        ClassLoader loader = watched.loader.get();
        if (loader == null) {
            return;
        }
        List<String> suspects = LeakSuspects.of(loader);
        watched.leak = new Leak(watched.plugin, watched.generation, watched.unloaded, suspects);
        LOG.warn(
                "plugin {}: {} was unloaded {} s ago, but its classes cannot be freed: {}",
                watched.plugin,
                watched.generation,
                watched.seconds(now),
                suspects.isEmpty() ? unknown() : String.join("; ", suspects));
    }

    private static String unknown() {
        return "what holds them is not known, perhaps a static field outside of the plugin. Take a heap dump with 'jcmd "
                + ProcessHandle.current().pid()
                + " GC.heap_dump FILE' and look at who holds the GenerationClassLoader";
    }

    /** The generations that cannot be collected, oldest first. Any thread. */
    public List<Leak> leaks() {
        return all.stream().flatMap(watched -> Stream.ofNullable(watched.leak)).toList();
    }

    /** How many generations are unloaded, and neither collected nor known to be held. Any thread. */
    public int waiting() {
        return (int) all.stream().filter(watched -> watched.leak == null).count();
    }
}
