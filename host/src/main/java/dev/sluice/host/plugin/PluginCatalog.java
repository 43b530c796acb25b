package dev.sluice.host.plugin;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The plugins that are installed at one moment. Immutable. */
public interface PluginCatalog {

    /** A jar that is not installed, and why, as a sentence that says what to do. */
    record Refused(String jar, String reason) {}

    /** All generations, by id and version. */
    List<PluginGeneration> generations();

    /** The jars that were refused. */
    List<Refused> refused();

    /**
     * The filter of that name or alias; of the highest version unless one is given.
     *
     * @param version exact, or a prefix of whole parts: {@code 1.4} finds 1.4.2
     */
    Optional<InstalledFilter> find(String nameOrAlias, @Nullable String version);

    /** The names of all filters, without aliases, sorted. */
    Set<String> filterNames();
}
