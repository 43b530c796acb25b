package dev.sluice.host.plugin;

import dev.sluice.api.FilterPlugin;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes installed filters of a generation's plugins: their descriptors read and compared with their records. */
final class FilterReader {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    /** The key that tells the long form of an entry from one that is named after its filter. */
    private static final String RESERVED = "use";

    private final DescriptorReader descriptors = new DescriptorReader();

    /**
     * Adds the plugins to the generation as its filters.
     *
     * @param resources opens a resource of the jar, or returns null if it has none of that name
     */
    void install(
            PluginGeneration generation,
            List<FilterPlugin<?>> plugins,
            Function<String, @Nullable InputStream> resources)
            throws RefusedException {
        List<InstalledFilter> filters = new ArrayList<>();
        for (FilterPlugin<?> plugin : plugins) {
            InstalledFilter filter = new InstalledFilter(plugin, descriptor(plugin, resources), generation);
            if (filters.stream().anyMatch(other -> other.name().equals(filter.name()))) {
                throw new RefusedException("it has two filters named '" + filter.name() + "': rename one");
            }
            filters.add(filter);
        }
        generation.filters(filters);
    }

    /** Everything a plugin's own code does may fail in any way, and must fail this jar alone. */
    private Descriptor descriptor(FilterPlugin<?> plugin, Function<String, @Nullable InputStream> resources)
            throws RefusedException {
        String type = plugin.getClass().getName();
        String name;
        Class<? extends Record> config;
        try {
            name = plugin.name();
            config = plugin.configType();
        } catch (Throwable e) {
            throw new RefusedException(
                    "its " + type + " failed in name() or configType(): " + RefusedException.what(e), e);
        }
        if (name == null || !NAME.matcher(name).matches() || name.equals(RESERVED)) {
            throw new RefusedException(
                    "its " + type + " is named '" + name + "': use letters, digits, '.', '_' and '-', and not 'use'");
        }
        if (config == null || !config.isRecord()) {
            throw new RefusedException("its filter '" + name + "' has a configType() that is not a record");
        }
        String file = DescriptorReader.resource(name);
        byte[] json = read(file, resources);
        try {
            if (json == null && config.getRecordComponents().length > 0) {
                throw new RefusedException("it has no " + file + ": describe the filter's config there");
            }
            Descriptor descriptor = json == null
                    ? DescriptorReader.empty(name)
                    : descriptors.read(name, json, other -> read(other, resources));
            RecordCheck.check(config, descriptor.schema(), file);
            return descriptor;
        } catch (LinkageError | RuntimeException e) {
            throw new RefusedException(
                    "the config record of its filter '" + name + "' cannot be used: " + RefusedException.what(e), e);
        }
    }

    private static byte @Nullable [] read(String file, Function<String, @Nullable InputStream> resources)
            throws RefusedException {
        try (InputStream in = resources.apply(file)) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new RefusedException("its " + file + " cannot be read: " + e.getMessage(), e);
        }
    }
}
