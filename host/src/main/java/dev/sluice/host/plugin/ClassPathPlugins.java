package dev.sluice.host.plugin;

import dev.sluice.api.FilterPlugin;
import dev.sluice.host.plugin.PluginCatalog.Refused;
import java.util.ArrayList;
import java.util.List;

/** Filters of the class path: those of tests, and of a gateway within another program. */
final class ClassPathPlugins {
    private static final String VERSION = "0.0.0";

    private ClassPathPlugins() {}

    /** One generation for each filter, so that one that cannot be used refuses itself alone. */
    static PluginCatalog catalog(List<FilterPlugin<?>> plugins) {
        FilterReader reader = new FilterReader();
        List<PluginGeneration> generations = new ArrayList<>();
        List<Refused> refused = new ArrayList<>();
        for (FilterPlugin<?> plugin : plugins) {
            Class<?> type = plugin.getClass();
            PluginGeneration generation = new PluginGeneration(type.getName(), VERSION, "", 1, null, () -> {});
            try {
                reader.install(generation, List.of(plugin), name -> type.getResourceAsStream("/" + name));
                generations.add(generation);
            } catch (RefusedException e) {
                refused.add(new Refused(type.getName(), e.reason()));
            }
        }
        return PluginCatalog.of(generations, refused);
    }
}
