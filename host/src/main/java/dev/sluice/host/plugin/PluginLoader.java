package dev.sluice.host.plugin;

import dev.sluice.api.FilterPlugin;
import dev.sluice.host.log.Thrown;
import dev.sluice.host.plugin.JarCheck.Manifested;
import dev.sluice.host.plugin.PluginCatalog.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes generations of plugin jars. Each jar gets a manager and a class loader of its own, so that two generations of
 * one plugin can live side by side and each can be unloaded alone. A jar whose bytes have not changed stays the
 * generation it was. Not thread-safe.
 */
public final class PluginLoader {
    private static final Logger LOG = LoggerFactory.getLogger(PluginLoader.class);

    private final PluginFiles files;
    private final FilterReader filters = new FilterReader();
    private final LeakWatch leaks;
    private final Map<String, PluginGeneration> loaded = new HashMap<>();
    private final Map<Path, Looked> looked = new HashMap<>();
    private final Map<String, Candidate> replaced = new HashMap<>();
    private final Map<String, Rollback> rollbacks = new HashMap<>();
    private final Set<PluginGeneration> kept = new HashSet<>();

    /** A jar that was looked at: its generation, loaded unless refused. */
    private record Candidate(Path jar, PluginFiles.Copy copy, Manifested manifest) {

        String name() {
            return jar.getFileName().toString();
        }

        boolean isTwinOf(Candidate other) {
            return manifest.id().equals(other.manifest.id())
                    && manifest.version().equals(other.manifest.version())
                    && !copy.sha256().equals(other.copy.sha256());
        }
    }

    /** What a jar was when it was last looked at, so that an unchanged one need not be copied again. */
    private record Looked(PluginFiles.Stamp stamp, Candidate candidate) {}

    /** An operator's wish to have the generation back that was there before. */
    private record Rollback(String from, Candidate to) {}

    /**
     * A loader.
     *
     * @param work where private copies of jars are kept, which must outlive what is loaded from them; made if missing,
     *     the caller's to delete
     * @param leaks told of each loader that was closed
     */
    public PluginLoader(Path work, LeakWatch leaks) {
        this.files = new PluginFiles(work);
        this.leaks = leaks;
        // A cached JarFile is shared by all loaders of one path, and outlives them.
        URLConnection.setDefaultUseCaches("jar", false);
        // Before Java 24 the JDK's one thread for timeouts would for ever hold the plugin that was the first to use
        // one.
        new CompletableFuture<@Nullable Void>().completeOnTimeout(null, 0, TimeUnit.NANOSECONDS);
    }

    /**
     * The jars that {@link #load} would load from a directory, by name; none if there is no such directory.
     *
     * @throws IOException or {@link UncheckedIOException} if it cannot be listed
     */
    public static List<Path> jars(Path directory) throws IOException {
        return PluginFiles.jars(directory);
    }

    /**
     * Loads every jar of a directory; one that cannot be loaded is {@linkplain PluginCatalog#refused refused}. A
     * missing directory is an empty one. What was loaded before and is not held by anybody can be {@linkplain #sweep
     * swept} afterwards.
     *
     * @param trust SHA-256 sums in hex that may be loaded; empty: any
     * @param serving generations in use: one whose jar is gone or refused stays in the catalog until it is replaced
     * @throws UncheckedIOException if the directory cannot be listed
     */
    public PluginCatalog load(Path directory, List<String> trust, Collection<PluginGeneration> serving) {
        List<Path> jars;
        try {
            jars = PluginFiles.jars(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("the plugin directory " + directory + " cannot be listed", e);
        }
        List<Refused> refused = new ArrayList<>();
        List<Candidate> candidates = new ArrayList<>();
        Set<String> sums = new HashSet<>();
        looked.keySet().retainAll(jars);
        for (Path jar : jars) {
            try {
                Candidate candidate = look(jar);
                checkTrust(candidate, trust);
                // The same bytes under two names are one generation.
                if (sums.add(candidate.copy().sha256())) {
                    candidates.add(candidate);
                }
            } catch (RefusedException e) {
                refused.add(refuse(jar.getFileName().toString(), e));
            }
        }
        rollBack(candidates, refused);
        List<PluginGeneration> generations = generations(candidates, refused);
        keepServing(serving, generations, refused);
        // Who serves has its filter names already; a newcomer cannot take them.
        generations.sort((a, b) -> Boolean.compare(serving.contains(b), serving.contains(a)));
        return PluginCatalog.of(generations, refused);
    }

    private static void checkTrust(Candidate candidate, List<String> trust) throws RefusedException {
        String sum = candidate.copy().sha256();
        if (!trust.isEmpty() && trust.stream().noneMatch(sum::equalsIgnoreCase)) {
            throw new RefusedException("its SHA-256 " + sum + " is not listed under plugins.trust");
        }
    }

    private List<PluginGeneration> generations(List<Candidate> candidates, List<Refused> refused) {
        List<PluginGeneration> generations = new ArrayList<>();
        for (Candidate candidate : candidates) {
            try {
                unique(candidate, candidates);
                generations.add(generation(candidate));
            } catch (RefusedException e) {
                refused.add(refuse(candidate.name(), e));
            }
        }
        return generations;
    }

    private static Refused refuse(String jar, RefusedException e) {
        LOG.debug("refused {}", jar, Thrown.readable(e));
        return new Refused(jar, e.reason());
    }

    private Candidate look(Path jar) throws RefusedException {
        PluginFiles.Stamp stamp = PluginFiles.Stamp.of(jar);
        Looked before = looked.get(jar);
        if (before != null && before.stamp.equals(stamp) && Files.exists(before.candidate.copy.path())) {
            return before.candidate;
        }
        looked.remove(jar);
        PluginFiles.Copy copy = files.copy(jar);
        Candidate candidate = new Candidate(jar, copy, JarCheck.check(copy.path()));
        if (stamp != null) {
            looked.put(jar, new Looked(stamp, candidate));
        }
        return candidate;
    }

    private static void unique(Candidate candidate, List<Candidate> all) throws RefusedException {
        for (Candidate other : all) {
            if (other.isTwinOf(candidate)) {
                throw new RefusedException("it is " + candidate.manifest().id() + " "
                        + candidate.manifest().version() + ", and so is " + other.name()
                        + ", with other bytes: remove one of the two");
            }
        }
    }

    private PluginGeneration generation(Candidate candidate) throws RefusedException {
        Manifested manifest = candidate.manifest();
        String sha256 = candidate.copy().sha256();
        PluginGeneration before = loaded.get(sha256);
        if (before != null) {
            return before;
        }
        GenerationManager manager = new GenerationManager(candidate.copy().path(), Versions.API);
        PluginGeneration generation = new PluginGeneration(
                manifest.id(),
                manifest.version(),
                sha256,
                manifest.stateVersion(),
                manifest.apiRange(),
                candidate.jar(),
                () -> unload(manager, manifest, sha256));
        try {
            List<FilterPlugin<?>> plugins = manager.plugins();
            filters.install(generation, plugins, manager::resource);
            loaded.put(sha256, generation);
            return generation;
        } catch (RefusedException e) {
            closeQuietly(generation);
            throw e;
        }
    }

    private void unload(GenerationManager manager, Manifested manifest, String sha256) {
        loaded.remove(sha256);
        ClassLoader loader = manager.unload();
        if (loader != null) {
            leaks.watch(manifest.id(), PluginGeneration.label(manifest.id(), manifest.version(), sha256), loader);
        }
    }

    /** Adds those that serve, and whose jar is gone or refused with nothing better in its place. */
    private void keepServing(
            Collection<PluginGeneration> serving, List<PluginGeneration> generations, List<Refused> refused) {
        kept.clear();
        for (PluginGeneration old : serving) {
            Path jar = old.jar();
            Rollback rollback = rollbacks.get(old.id());
            boolean turnedAway = rollback != null && rollback.from.equals(old.sha256());
            if (jar == null || turnedAway || generations.contains(old)) {
                continue;
            }
            boolean successor = generations.stream()
                    .anyMatch(other -> other.id().equals(old.id())
                            && (jar.equals(other.jar()) || Versions.compare(other.version(), old.version()) >= 0));
            if (successor) {
                continue;
            }
            generations.add(old);
            kept.add(old);
            String name = jar.getFileName().toString();
            Optional<Refused> why =
                    refused.stream().filter(r -> r.jar().equals(name)).findFirst();
            why.ifPresent(refused::remove);
            refused.add(
                    why.isPresent()
                            ? new Refused(name, why.get().reason() + "; " + old + " serves on")
                            : new Refused(
                                    name,
                                    "it was removed, but routes use it: " + old
                                            + " serves on until the config lets go of it, or the jar is back"));
        }
    }

    /** The catalog without those that were kept because they served, and that do so no longer. */
    public PluginCatalog lettingGo(PluginCatalog catalog, Collection<PluginGeneration> serving) {
        PluginCatalog rest = catalog;
        for (PluginGeneration old : kept) {
            if (!serving.contains(old) && rest.generations().contains(old)) {
                rest = rest.without(old);
            }
        }
        kept.retainAll(serving);
        return rest;
    }

    // Rollback.

    /**
     * Notes which generations a catalog has replaced, so that each can come back.
     *
     * @param before the catalog that served
     * @param now the one that serves now
     */
    public void published(PluginCatalog before, PluginCatalog now) {
        for (PluginGeneration old : before.generations()) {
            boolean gone = !now.generations().contains(old);
            boolean successor = now.generations().stream().anyMatch(g -> g.id().equals(old.id()));
            Candidate candidate = gone && successor ? candidate(old) : null;
            if (candidate != null) {
                replaced.put(old.id(), candidate);
            }
        }
    }

    private @Nullable Candidate candidate(PluginGeneration generation) {
        Path jar = generation.jar();
        Path copy = files.copyOf(generation.sha256());
        if (jar == null || !Files.exists(copy)) {
            return null;
        }
        return new Candidate(
                jar,
                new PluginFiles.Copy(copy, generation.sha256()),
                new Manifested(
                        generation.id(), generation.version(), generation.stateVersion(), generation.apiRange()));
    }

    /**
     * From the next {@link #load} on, the generation of that plugin that was there before; rolled back already, the one
     * that lies in the directory.
     *
     * @param now what serves
     * @return false: none is kept that was there before
     */
    public boolean rollBack(String id, PluginCatalog now) {
        if (rollbacks.remove(id) != null) {
            return true;
        }
        List<PluginGeneration> installed = now.generations().stream()
                .filter(g -> g.id().equals(id) && g.jar() != null)
                .toList();
        if (installed.isEmpty()) {
            return false;
        }
        PluginGeneration from = installed.get(installed.size() - 1);
        Candidate to = replaced.get(id);
        if (to == null && installed.size() > 1) {
            to = candidate(installed.get(installed.size() - 2));
        }
        if (to == null || to.copy.sha256().equals(from.sha256())) {
            return false;
        }
        rollbacks.put(id, new Rollback(from.sha256(), to));
        return true;
    }

    /** A rollback of that plugin holds no longer. */
    public void forgetRollBack(String id) {
        rollbacks.remove(id);
    }

    /** Whether that generation is one that an operator went back to. */
    public boolean isRollback(PluginGeneration generation) {
        Rollback rollback = rollbacks.get(generation.id());
        return rollback != null && rollback.to.copy.sha256().equals(generation.sha256());
    }

    /** A rollback holds until the jar it turned away is replaced. */
    private void rollBack(List<Candidate> candidates, List<Refused> refused) {
        Set<String> sums = candidates.stream().map(c -> c.copy().sha256()).collect(Collectors.toSet());
        rollbacks.values().removeIf(rollback -> !sums.contains(rollback.from));
        rollbacks.values().forEach(rollback -> {
            candidates.stream()
                    .filter(c -> c.copy().sha256().equals(rollback.from))
                    .map(c -> new Refused(
                            c.name(), "an operator went back to the version before: replace it, or roll back again"))
                    .forEach(refused::add);
            candidates.removeIf(c -> c.copy().sha256().equals(rollback.from));
            if (!sums.contains(rollback.to.copy.sha256())) {
                candidates.add(rollback.to);
            }
        });
    }

    /** Unloads what nobody holds, and deletes the copies of jars that nobody needs any more. */
    public void sweep() {
        List.copyOf(loaded.values()).forEach(generation -> {
            if (!generation.isHeld()) {
                closeQuietly(generation);
            }
        });
        files.deleteAllBut(Stream.of(
                        loaded.keySet().stream(),
                        replaced.values().stream().map(c -> c.copy().sha256()),
                        rollbacks.values().stream().map(r -> r.to.copy.sha256()))
                .flatMap(sums -> sums)
                .collect(Collectors.toSet()));
    }

    /** Unloads everything, held or not. */
    public void close() {
        List.copyOf(loaded.values()).forEach(PluginLoader::closeQuietly);
    }

    static void closeQuietly(PluginGeneration generation) {
        try {
            generation.close();
        } catch (Exception e) {
            LOG.warn("{} could not be unloaded", generation, Thrown.readable(e));
        }
    }
}
