package dev.sluice.host.plugin;

import org.pf4j.DefaultVersionManager;
import org.pf4j.VersionManager;

/** Versions of plugins and of what they compile against: semver, by PF4J's rules. */
public final class Versions {

    /** The version of {@code dev.sluice.api} that this host offers; a plugin's {@code Plugin-Requires} must hold it. */
    public static final String API = "0.1.0";

    private static final VersionManager MANAGER = new DefaultVersionManager();

    private Versions() {}

    static int compare(String one, String other) {
        return MANAGER.compareVersions(one, other);
    }

    /** Whether the text is a whole semver version. */
    static boolean isVersion(String text) {
        try {
            return compare(text, text) == 0;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /**
     * Whether the range holds {@link #API}.
     *
     * @throws IllegalArgumentException if it is no range
     */
    static boolean holdsApi(String range) {
        try {
            return MANAGER.checkVersionConstraint(API, range);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("'" + range + "' is not a range of versions", e);
        }
    }

    /** Whether the version is the prefix, or goes on after it with a further part: 1.4.2 is within 1.4. */
    static boolean isWithin(String version, String prefix) {
        return version.equals(prefix) || version.startsWith(prefix + ".");
    }
}
