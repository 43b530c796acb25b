package dev.sluice.host.admin;

import dev.sluice.host.config.Problem;
import dev.sluice.host.plugin.PluginCatalog.Refused;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of one reading of changed sources. Names plugins by text only, so that remembering it keeps none loaded.
 *
 * @param published whether a new snapshot serves; else the old one serves on
 * @param snapshot the number of the snapshot that serves
 * @param changes plugins that came, went or were replaced; empty: only the config
 * @param problems why nothing was published
 * @param refused jars that are not installed
 */
public record Reload(
        Instant at,
        boolean published,
        long snapshot,
        List<Change> changes,
        List<Problem> problems,
        List<Refused> refused) {

    /** Whether that plugin came, went or was replaced. */
    public boolean changed(String plugin) {
        return changes.stream().anyMatch(change -> change.plugin().equals(plugin));
    }

    /**
     * One plugin's change.
     *
     * @param from the generation that was there; null: none
     * @param to the one that is there now; null: none
     */
    public record Change(
            String plugin, @Nullable String from, @Nullable String to) {
        @Override
        public String toString() {
            return from == null ? to + " added" : to == null ? from + " removed" : from + " → " + to;
        }
    }
}
