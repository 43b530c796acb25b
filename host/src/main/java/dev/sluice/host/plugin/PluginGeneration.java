package dev.sluice.host.plugin;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One jar as it was at one moment: identity (id, version, SHA-256), its own class loader, its filters. A jar replaced by
 * other bytes is another generation, of the same id and perhaps the same version.
 */
public final class PluginGeneration implements AutoCloseable {
    private final String id;
    private final String version;
    private final String sha256;
    private final int stateVersion;
    private final String apiRange;
    private final @Nullable Path jar;
    private final AutoCloseable unload;
    private final Instant loaded = Instant.now();
    private final LongAdder failures = new LongAdder();
    private List<InstalledFilter> filters = List.of();
    private int holds;
    private boolean closed;

    /**
     * A generation without filters yet, held by nobody.
     *
     * @param jar the file it came from; null for filters on the class path
     * @param unload closes its class loader
     */
    public PluginGeneration(
            String id, String version, String sha256, int stateVersion, @Nullable Path jar, AutoCloseable unload) {
        this(id, version, sha256, stateVersion, "", jar, unload);
    }

    PluginGeneration(
            String id,
            String version,
            String sha256,
            int stateVersion,
            String apiRange,
            @Nullable Path jar,
            AutoCloseable unload) {
        this.id = id;
        this.version = version;
        this.sha256 = sha256;
        this.stateVersion = stateVersion;
        this.apiRange = apiRange;
        this.jar = jar;
        this.unload = unload;
    }

    /** The plugin's id. */
    public String id() {
        return id;
    }

    /** The plugin's version (semver). */
    public String version() {
        return version;
    }

    /** SHA-256 of the jar, in hex; empty for filters on the class path. */
    public String sha256() {
        return sha256;
    }

    /** The version of what its filters keep in shared state. */
    public int stateVersion() {
        return stateVersion;
    }

    /** The range of versions of {@code dev.sluice.api} it works with; empty for filters on the class path. */
    public String apiRange() {
        return apiRange;
    }

    /** The file it came from; null for filters on the class path. */
    public @Nullable Path jar() {
        return jar;
    }

    /** Its filters; unmodifiable. */
    public List<InstalledFilter> filters() {
        return filters;
    }

    void filters(List<InstalledFilter> filters) {
        this.filters = List.copyOf(filters);
    }

    /** When it was loaded. */
    public Instant loaded() {
        return loaded;
    }

    /** One of its filters failed in a hook. From any thread. */
    public void failed() {
        failures.increment();
    }

    /** How often its filters have failed in a hook. */
    public long failures() {
        return failures.sum();
    }

    /** Keeps it loaded until it is {@linkplain #release released}: a catalog does, and each of its filters that is open. */
    public synchronized void hold() {
        if (closed) {
            throw new IllegalStateException(this + " is unloaded");
        }
        holds++;
    }

    /** Ends one hold; the last one unloads it. */
    public void release() {
        boolean last;
        synchronized (this) {
            last = --holds == 0;
        }
        if (last) {
            PluginLoader.closeQuietly(this);
        }
    }

    /** Whether anybody holds it. */
    public synchronized boolean isHeld() {
        return holds > 0;
    }

    /** Closes its class loader, held or not; nothing of it may be in use. Again: does nothing. */
    @Override
    public void close() throws Exception {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        unload.close();
    }

    @Override
    public String toString() {
        return label(id, version, sha256);
    }

    static String label(String id, String version, String sha256) {
        return id + "@" + version + (sha256.isEmpty() ? "" : " (" + sha256.substring(0, 12) + ")");
    }
}
