package dev.sluice.host.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.host.plugin.InstalledFilter;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a filter list that names an installed filter; its config may be wrong.
 *
 * @param tree its config, as far as it was understood
 * @param written its config as written
 * @param path of its config
 * @param entry the path of the entry
 * @param use what became of it; null if its config is wrong
 */
record FilterDraft(
        InstalledFilter filter,
        ObjectNode tree,
        ObjectNode written,
        String path,
        String entry,
        @Nullable FilterUse use) {

    String name() {
        return filter.name();
    }
}
