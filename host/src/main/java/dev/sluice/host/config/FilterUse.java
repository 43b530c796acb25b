package dev.sluice.host.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.host.plugin.InstalledFilter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a filter list: which filter, and how it is configured here.
 *
 * @param filter the installed filter it names
 * @param config bound to the filter's record
 * @param tree what it was bound from, aliases resolved: the entry's identity over reloads
 * @param skipOnError whether an exception lets the exchange go on without the filter ({@code onError: skip})
 * @param providers those that its config names
 * @param redis where its state is shared in place of the gateway's own; null: there
 * @param path where it stands in the file, for errors: {@code routes[0].filters[2].cache}
 */
public record FilterUse(
        InstalledFilter filter,
        Record config,
        ObjectNode tree,
        boolean skipOnError,
        List<String> providers,
        @Nullable RedisConfig redis,
        String path) {}
