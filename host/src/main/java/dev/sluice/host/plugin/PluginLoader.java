package dev.sluice.host.plugin;

import dev.sluice.api.FilterPlugin;
import dev.sluice.host.plugin.JarCheck.Manifested;
import dev.sluice.host.plugin.PluginCatalog.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLConnection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes generations of plugin jars. Each jar gets a manager and a class loader of its own, so that two generations of
 * one plugin can live side by side and each can be unloaded alone. Not thread-safe.
 */
public final class PluginLoader {
    private static final Logger LOG = LoggerFactory.getLogger(PluginLoader.class);

    private final PluginFiles files;
    private final Set<String> trusted;
    private final FilterReader filters = new FilterReader();

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

    /**
     * A loader.
     *
     * @param work where private copies of jars are kept, which must outlive what is loaded from them; made if missing,
     *     the caller's to delete
     * @param trust SHA-256 sums in hex that may be loaded; empty: any
     */
    public PluginLoader(Path work, List<String> trust) {
        this.files = new PluginFiles(work);
        this.trusted = trust.stream().map(sum -> sum.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
        // A cached JarFile is shared by all loaders of one path, and outlives them.
        URLConnection.setDefaultUseCaches("jar", false);
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
     * missing directory is an empty one.
     *
     * @throws UncheckedIOException if the directory cannot be listed
     */
    public PluginCatalog load(Path directory) {
        List<Path> jars;
        try {
            jars = PluginFiles.jars(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("the plugin directory " + directory + " cannot be listed", e);
        }
        List<Refused> refused = new ArrayList<>();
        List<Candidate> candidates = new ArrayList<>();
        Set<String> sums = new HashSet<>();
        for (Path jar : jars) {
            try {
                Candidate candidate = look(jar);
                // The same bytes under two names are one generation.
                if (sums.add(candidate.copy().sha256())) {
                    candidates.add(candidate);
                }
            } catch (RefusedException e) {
                refused.add(refuse(jar.getFileName().toString(), e));
            }
        }
        return PluginCatalog.of(generations(candidates, refused), refused);
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
        LOG.debug("refused {}", jar, e);
        return new Refused(jar, e.reason());
    }

    private Candidate look(Path jar) throws RefusedException {
        PluginFiles.Copy copy = files.copy(jar);
        if (!trusted.isEmpty() && !trusted.contains(copy.sha256())) {
            throw new RefusedException("its SHA-256 " + copy.sha256() + " is not listed under plugins.trust");
        }
        return new Candidate(jar, copy, JarCheck.check(copy.path()));
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
        GenerationManager manager = new GenerationManager(candidate.copy().path(), Versions.API);
        PluginGeneration generation = new PluginGeneration(
                manifest.id(),
                manifest.version(),
                candidate.copy().sha256(),
                manifest.stateVersion(),
                manifest.apiRange(),
                candidate.jar(),
                manager::unload);
        try {
            List<FilterPlugin<?>> plugins = manager.plugins();
            filters.install(generation, plugins, manager::resource);
            return generation;
        } catch (RefusedException e) {
            closeQuietly(generation);
            throw e;
        }
    }

    static void closeQuietly(PluginGeneration generation) {
        try {
            generation.close();
        } catch (Exception e) {
            LOG.warn("{} could not be unloaded", generation, e);
        }
    }
}
