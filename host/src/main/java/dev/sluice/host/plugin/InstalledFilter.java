package dev.sluice.host.plugin;

import dev.sluice.api.FilterPlugin;

/** A filter that can be opened: its plugin, what its descriptor says, and the generation of the jar that brought it. */
public record InstalledFilter(FilterPlugin<?> plugin, Descriptor descriptor, PluginGeneration generation) {

    /** The filter's name. */
    public String name() {
        return descriptor.filter();
    }
}
