package dev.sluice.host.plugin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Scope;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A filter for tests, with its descriptor as text. */
public final class TestPlugin<C extends Record> implements FilterPlugin<C> {
    private final String name;
    private final String version;
    private final Class<C> configType;
    private final String descriptor;
    private final UnaryOperator<ObjectNode> normalize;

    private TestPlugin(
            String name, String version, Class<C> configType, String descriptor, UnaryOperator<ObjectNode> normalize) {
        this.name = name;
        this.version = version;
        this.configType = configType;
        this.descriptor = descriptor;
        this.normalize = normalize;
    }

    /** Version 1.0.0 of it. */
    public static <C extends Record> TestPlugin<C> of(String name, Class<C> configType, String descriptor) {
        return new TestPlugin<>(name, "1.0.0", configType, descriptor, tree -> tree);
    }

    /** The same in another version. */
    public TestPlugin<C> version(String version) {
        return new TestPlugin<>(name, version, configType, descriptor, normalize);
    }

    /** The same, with a way to normalise. */
    public TestPlugin<C> normalizing(UnaryOperator<ObjectNode> normalize) {
        return new TestPlugin<>(name, version, configType, descriptor, normalize);
    }

    /** A catalog of them, each of a plugin of its own. */
    public static PluginCatalog catalog(List<TestPlugin<?>> plugins) {
        List<PluginGeneration> generations = new ArrayList<>();
        for (TestPlugin<?> plugin : plugins) {
            PluginGeneration generation =
                    new PluginGeneration("plugin-" + plugin.name, plugin.version, "", 1, null, () -> {});
            try {
                new FilterReader()
                        .install(
                                generation,
                                List.of(plugin),
                                file -> new ByteArrayInputStream(plugin.descriptor.getBytes(StandardCharsets.UTF_8)));
            } catch (RefusedException e) {
                throw new AssertionError(e);
            }
            generations.add(generation);
        }
        return PluginCatalog.of(generations, List.of());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Class<C> configType() {
        return configType;
    }

    @Override
    public ObjectNode normalize(ObjectNode config) {
        return normalize.apply(config);
    }

    @Override
    public FilterFactory open(C config, Scope scope) {
        return exchange -> Filter.PASS;
    }
}
