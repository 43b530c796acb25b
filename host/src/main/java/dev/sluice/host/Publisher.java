package dev.sluice.host;

import dev.sluice.host.OpenFilter.Identity;
import dev.sluice.host.admin.Reload;
import dev.sluice.host.admin.Reload.Change;
import dev.sluice.host.config.Config;
import dev.sluice.host.config.ConfigLoader;
import dev.sluice.host.config.ConfigLoader.Broken;
import dev.sluice.host.config.ConfigLoader.Loaded;
import dev.sluice.host.config.Problem;
import dev.sluice.host.log.Thrown;
import dev.sluice.host.plugin.PluginCatalog;
import dev.sluice.host.plugin.PluginCatalog.Refused;
import dev.sluice.host.plugin.PluginGeneration;
import dev.sluice.host.route.Snapshot;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds snapshots of what the sources say, and publishes those that can be built; where one cannot, the old one serves
 * on. What it shows may be read from any thread; everything else is called by one thread at a time, never an event loop.
 */
final class Publisher {
    private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);
    private static final int REMEMBERED = 50;

    private final Sources sources;
    private final SnapshotBuilder builder;
    private final Consumer<Snapshot> published;
    private final Consumer<Snapshot> expiry;
    private final List<Retired> retired = new ArrayList<>();

    /** What the jars have done, by their SHA-256, whose filters did not come back from {@code open}. */
    private final Map<String, String> hung = new HashMap<>();

    private @Nullable Fixed started;
    private volatile @Nullable Snapshot current;
    private volatile PluginCatalog catalog = PluginCatalog.empty();
    private volatile Map<Identity, OpenFilter> open = Map.of();
    private volatile List<Refused> refused = List.of();
    private volatile List<Problem> problems = List.of();
    private volatile List<String> needRestart = List.of();
    private volatile List<Snapshot> draining = List.of();
    private volatile Set<PluginGeneration> rolledBack = Set.of();
    private volatile List<Reload> reloads = List.of();

    /** A snapshot that was replaced, and when it is not waited for any longer. */
    private static final class Retired {
        private final Snapshot snapshot;
        private final long deadline;
        private boolean overdue;

        private Retired(Snapshot snapshot) {
            this.snapshot = snapshot;
            this.deadline = System.nanoTime() + snapshot.config().drain().swap().toNanos();
        }
    }

    /** What a running gateway cannot change; a whole config would keep the plugins it was bound for. */
    private record Fixed(Config.Listen listen, Config.Admin admin, Config.State state, String accessLog) {
        private static Fixed of(Config config) {
            return new Fixed(config.listen(), config.admin(), config.state(), config.accessLog());
        }
    }

    /** What came of one attempt: a snapshot to publish, or what is wrong. */
    private record Attempt(
            SnapshotBuilder.@Nullable Built built,
            PluginCatalog catalog,
            List<Problem> problems,
            Set<PluginGeneration> culprits,
            boolean hung) {}

    /**
     * A publisher; nothing is published yet.
     *
     * @param published told of each snapshot that serves from now on
     * @param expiry ends the exchanges of a snapshot whose drain limit has passed
     */
    Publisher(Sources sources, SnapshotBuilder builder, Consumer<Snapshot> published, Consumer<Snapshot> expiry) {
        this.published = published;
        this.sources = sources;
        this.builder = builder;
        this.expiry = expiry;
    }

    /** Publishes the first snapshot; the problems if it cannot be built. */
    List<Problem> start(Config config) {
        Attempt attempt = build(config, sources.catalog());
        if (attempt.built != null) {
            started = Fixed.of(config);
            publish(attempt.built, attempt.catalog);
            refused = catalog.refused();
            sources.sweep(catalog);
        }
        return attempt.problems;
    }

    /**
     * Reads the sources anew, and publishes what they say now if it can be built.
     *
     * @param changed told which files the config was read from; says whether one may have changed while it was read, so
     *     that it must be read again
     */
    Reload reload(Predicate<Set<Path>> changed) {
        PluginCatalog before = catalog;
        long number = current == null ? 0 : current.number();
        Attempt attempt;
        try {
            attempt = attempt(changed);
        } catch (Throwable e) {
            // Plugins' own code runs in there, and may throw whatever it likes.
            LOG.warn("reload failed", Thrown.readable(e));
            attempt = new Attempt(
                    null,
                    before,
                    List.of(new Problem(
                            sources.file().toString(), 0, 0, "", "it cannot be reloaded: " + Thrown.readable(e))),
                    Set.of(),
                    false);
        }
        List<Change> changes = List.of();
        if (attempt.built == null) {
            problems = attempt.problems;
            LOG.warn(
                    "not reloaded, snapshot {} serves on:{}{}",
                    number,
                    System.lineSeparator(),
                    attempt.problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        } else {
            problems = List.of();
            publish(attempt.built, attempt.catalog);
            changes = changes(before, catalog);
            LOG.info(
                    "snapshot {} serves: {}",
                    attempt.built.snapshot().number(),
                    changes.isEmpty() ? "config" : changes);
        }
        refused = attempt.built == null ? attempt.catalog.refused() : catalog.refused();
        refused.forEach(jar -> LOG.warn("refused {}: {}", jar.jar(), jar.reason()));
        sources.sweep(catalog);
        Reload reload = new Reload(
                Instant.now(),
                attempt.built != null,
                current == null ? 0 : current.number(),
                changes,
                attempt.problems,
                refused);
        remember(reload);
        return reload;
    }

    /**
     * Tries everything as it is. If that fails and there are plugins that did not serve before, tries to hold them back,
     * one alone, then all: a bad jar must neither be published nor keep the rest from it. Those that could not be opened
     * come first, since each attempt without them may wait for them again.
     */
    private Attempt attempt(Predicate<Set<Path>> changed) {
        Set<PluginGeneration> serving = serving(open);
        ConfigLoader.Result read;
        do {
            read = sources.read(serving);
        } while (changed.test(read.files()));
        PluginCatalog installed = withoutHung(sources.catalog());
        Attempt whole = build(installed == sources.catalog() ? read : sources.read(installed), installed);
        if (whole.built != null) {
            return whole;
        }
        if (whole.hung) {
            String why = whole.problems.get(whole.problems.size() - 1).message();
            // Nothing is opened after one that hangs, so it is the last that could not be.
            List.copyOf(whole.culprits).stream()
                    .reduce((earlier, last) -> last)
                    .ifPresent(culprit -> hung.put(culprit.sha256(), why));
        }
        List<PluginGeneration> fresh = whole.catalog.generations().stream()
                .filter(generation -> !catalog.generations().contains(generation))
                .sorted(Comparator.comparing(generation -> !whole.culprits.contains(generation)))
                .toList();
        for (PluginGeneration one : fresh) {
            Attempt without = withoutFresh(List.of(one), whole);
            if (without.built != null) {
                return without;
            }
        }
        if (fresh.size() > 1) {
            Attempt without = withoutFresh(fresh, whole);
            if (without.built != null) {
                return without;
            }
        }
        return whole;
    }

    /** To try again what has not come back once costs each reload that time, and perhaps one more thread for good. */
    private PluginCatalog withoutHung(PluginCatalog installed) {
        hung.keySet()
                .retainAll(installed.generations().stream()
                        .map(PluginGeneration::sha256)
                        .collect(Collectors.toSet()));
        PluginCatalog rest = installed;
        for (PluginGeneration one : installed.generations()) {
            String why = hung.get(one.sha256());
            if (why != null && !catalog.generations().contains(one)) {
                rest = rest.holdingBack(one, serving(one.id()), why + "; it is not tried again until its file changes");
            }
        }
        return rest;
    }

    private @Nullable PluginGeneration serving(String plugin) {
        return catalog.generations().stream()
                .filter(g -> g.id().equals(plugin))
                .reduce((lower, higher) -> higher)
                .orElse(null);
    }

    private static Set<PluginGeneration> serving(Map<Identity, OpenFilter> open) {
        Set<PluginGeneration> serving = new LinkedHashSet<>();
        open.keySet().forEach(identity -> serving.add(identity.generation()));
        return serving;
    }

    private Attempt withoutFresh(List<PluginGeneration> fresh, Attempt failed) {
        PluginCatalog rest = failed.catalog;
        for (PluginGeneration one : fresh) {
            PluginGeneration old = serving(one.id());
            rest = rest.holdingBack(one, old, because(failed.problems, old));
        }
        return build(sources.read(rest), rest);
    }

    private static String because(List<Problem> problems, @Nullable PluginGeneration old) {
        Problem first = problems.get(0);
        String more = problems.size() > 1 ? " (and " + (problems.size() - 1) + " more)" : "";
        String serves = old == null ? "" : "; " + old + " serves on";
        return "the gateway cannot run with it: " + first.message() + more + serves;
    }

    private Attempt build(ConfigLoader.Result result, PluginCatalog against) {
        return result instanceof Loaded loaded
                ? build(loaded.config(), against)
                : new Attempt(null, against, ((Broken) result).problems(), Set.of(), false);
    }

    private Attempt build(Config config, PluginCatalog against) {
        Snapshot before = current;
        SnapshotBuilder.Result result = builder.build(
                before == null ? 1 : before.number() + 1, config, open, before == null ? Map.of() : before.providers());
        if (result instanceof SnapshotBuilder.Failed failed) {
            return new Attempt(null, against, failed.problems(), failed.culprits(), failed.hung());
        }
        return new Attempt((SnapshotBuilder.Built) result, against, List.of(), Set.of(), false);
    }

    private void publish(SnapshotBuilder.Built built, PluginCatalog installed) {
        PluginCatalog now = sources.lettingGo(installed, serving(built.open()));
        Snapshot before = current;
        PluginCatalog catalogBefore = catalog;
        now.generations().forEach(PluginGeneration::hold);
        open = built.open();
        catalog = now;
        current = built.snapshot();
        published.accept(built.snapshot());
        Config config = built.snapshot().config();
        needRestart = started == null ? List.of() : needRestart(started, Fixed.of(config));
        sources.published(catalogBefore, now);
        rolledBack = sources.rolledBack(now);
        if (before != null) {
            retired.add(new Retired(before));
            before.retire();
        }
        catalogBefore.generations().forEach(PluginGeneration::release);
        tick();
    }

    /** Forgets snapshots that have ended, ends those that are overdue. Called now and then. */
    void tick() {
        long now = System.nanoTime();
        retired.removeIf(old -> old.snapshot.ended().isDone());
        for (Retired old : retired) {
            if (!old.overdue && old.deadline - now <= 0) {
                old.overdue = true;
                LOG.warn(
                        "{} requests are still under way on snapshot {} after drain.swap: they are ended",
                        old.snapshot.inFlight(),
                        old.snapshot.number());
                expiry.accept(old.snapshot);
            }
        }
        draining = retired.stream().map(old -> old.snapshot).toList();
    }

    private static List<String> needRestart(Fixed started, Fixed now) {
        List<String> keys = new ArrayList<>();
        if (!started.listen().equals(now.listen())) {
            keys.add("listen");
        }
        if (!started.admin().equals(now.admin())) {
            keys.add("admin");
        }
        if (!started.state().equals(now.state())) {
            keys.add("state");
        }
        if (!started.accessLog().equals(now.accessLog())) {
            keys.add("accessLog");
        }
        if (!keys.isEmpty()) {
            LOG.warn("{}: changed, but takes effect only after a restart", String.join(", ", keys));
        }
        return List.copyOf(keys);
    }

    private static List<Change> changes(PluginCatalog before, PluginCatalog now) {
        List<Change> changes = new ArrayList<>();
        for (PluginGeneration old : before.generations()) {
            if (!now.generations().contains(old)) {
                String successor = now.generations().stream()
                        .filter(g ->
                                g.id().equals(old.id()) && !before.generations().contains(g))
                        .map(PluginGeneration::toString)
                        .findFirst()
                        .orElse(null);
                changes.add(new Change(old.id(), old.toString(), successor));
            }
        }
        for (PluginGeneration fresh : now.generations()) {
            boolean named = changes.stream().anyMatch(change -> fresh.toString().equals(change.to()));
            if (!named && !before.generations().contains(fresh)) {
                changes.add(new Change(fresh.id(), null, fresh.toString()));
            }
        }
        return List.copyOf(changes);
    }

    private void remember(Reload reload) {
        List<Reload> all = new ArrayList<>(reloads);
        all.add(0, reload);
        reloads = List.copyOf(all.subList(0, Math.min(REMEMBERED, all.size())));
    }

    /** Retires the snapshot that serves, for good; null if there was none. */
    @Nullable
    Snapshot end() {
        Snapshot last = current;
        current = null;
        if (last != null) {
            last.retire();
        }
        return last;
    }

    // What is shown; from any thread.

    @Nullable
    Snapshot current() {
        return current;
    }

    PluginCatalog catalog() {
        return catalog;
    }

    Map<Identity, OpenFilter> open() {
        return open;
    }

    /** The jars that the last reload refused. */
    List<Refused> refused() {
        return refused;
    }

    /** Why the last reload was not published; empty if it was. */
    List<Problem> problems() {
        return problems;
    }

    /** The keys of the config whose change waits for a restart. */
    List<String> needRestart() {
        return needRestart;
    }

    /** Snapshots that were replaced, and still have exchanges under way. */
    List<Snapshot> draining() {
        return draining;
    }

    Set<PluginGeneration> rolledBack() {
        return rolledBack;
    }

    /** The last reloads, the latest first. */
    List<Reload> reloads() {
        return reloads;
    }
}
