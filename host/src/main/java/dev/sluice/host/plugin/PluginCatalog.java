package dev.sluice.host.plugin;

import dev.sluice.api.FilterPlugin;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The plugins that are installed at one moment. Immutable. */
public final class PluginCatalog {
    private final List<PluginGeneration> generations;
    private final List<Refused> refused;

    /** A jar that is not installed, and why, as a sentence that says what to do. */
    public record Refused(String jar, String reason) {}

    private PluginCatalog(List<PluginGeneration> generations, List<Refused> refused) {
        this.generations = List.copyOf(generations);
        this.refused = List.copyOf(refused);
    }

    /** Nothing installed. */
    public static PluginCatalog empty() {
        return new PluginCatalog(List.of(), List.of());
    }

    /**
     * Filters on the class path, as one generation without a jar; their descriptors are read there too. One that cannot
     * be used is {@linkplain #refused refused} under its class name.
     */
    public static PluginCatalog of(List<FilterPlugin<?>> plugins) {
        return ClassPathPlugins.catalog(plugins);
    }

    /**
     * The installed ones of these generations. A filter's name or alias belongs to one plugin: who comes later with one
     * that is taken is refused, and closed.
     *
     * @param generations in the order in which they may claim names
     */
    static PluginCatalog of(Collection<PluginGeneration> generations, Collection<Refused> refused) {
        List<PluginGeneration> installed = new ArrayList<>();
        List<Refused> out = new ArrayList<>(refused);
        for (PluginGeneration generation : generations) {
            Optional<String> clash = clash(generation, installed);
            if (clash.isEmpty()) {
                installed.add(generation);
            } else {
                out.add(new Refused(name(generation), clash.get()));
                PluginLoader.closeQuietly(generation);
            }
        }
        Comparator<PluginGeneration> order = Comparator.comparing(PluginGeneration::id)
                .thenComparing(PluginGeneration::version, Versions::compare)
                .thenComparing(PluginGeneration::sha256);
        installed.sort(order);
        return new PluginCatalog(installed, out);
    }

    /** These and others together; where both have a filter, the others' jar is refused. */
    public PluginCatalog with(PluginCatalog others) {
        return of(
                Stream.concat(generations.stream(), others.generations.stream()).toList(),
                Stream.concat(refused.stream(), others.refused.stream()).toList());
    }

    /** These, with {@code old} in the place of {@code fresh}, whose jar is refused for that reason. */
    public PluginCatalog holdingBack(PluginGeneration fresh, @Nullable PluginGeneration old, String reason) {
        List<PluginGeneration> rest = new ArrayList<>(generations);
        rest.remove(fresh);
        if (old != null && !rest.contains(old)) {
            rest.add(old);
        }
        List<Refused> out = new ArrayList<>(refused);
        out.add(new Refused(name(fresh), reason));
        return of(rest, out);
    }

    /** These without that one, and without a word of its jar. */
    PluginCatalog without(PluginGeneration generation) {
        return new PluginCatalog(
                generations.stream().filter(other -> other != generation).toList(),
                refused.stream()
                        .filter(jar -> !jar.jar().equals(name(generation)))
                        .toList());
    }

    /** All generations, by id and version. */
    public List<PluginGeneration> generations() {
        return generations;
    }

    /** The jars that were refused. */
    public List<Refused> refused() {
        return refused;
    }

    /**
     * The filter of that name or alias; of the highest version unless one is given.
     *
     * @param version exact, or a prefix of whole parts: {@code 1.4} finds 1.4.2
     */
    public Optional<InstalledFilter> find(String nameOrAlias, @Nullable String version) {
        return filters()
                .filter(filter -> names(filter).anyMatch(nameOrAlias::equals))
                .filter(filter ->
                        version == null || Versions.isWithin(filter.generation().version(), version))
                .max(Comparator.comparing(filter -> filter.generation().version(), Versions::compare));
    }

    /** The versions in which that filter is installed, lowest first. */
    public List<String> versions(String nameOrAlias) {
        return filters()
                .filter(filter -> names(filter).anyMatch(nameOrAlias::equals))
                .map(filter -> filter.generation().version())
                .sorted(Versions::compare)
                .toList();
    }

    /** The names of all filters, without aliases, sorted. */
    public Set<String> filterNames() {
        Set<String> names = new TreeSet<>();
        filters().forEach(filter -> names.add(filter.name()));
        return names;
    }

    private Stream<InstalledFilter> filters() {
        return generations.stream().flatMap(generation -> generation.filters().stream());
    }

    private static Optional<String> clash(PluginGeneration generation, List<PluginGeneration> installed) {
        for (InstalledFilter filter : generation.filters()) {
            for (PluginGeneration other : installed) {
                Optional<String> taken = other.filters().stream()
                        .flatMap(PluginCatalog::names)
                        .filter(name -> names(filter).anyMatch(name::equals))
                        .findFirst();
                if (!other.id().equals(generation.id()) && taken.isPresent()) {
                    return Optional.of("the filter '" + taken.get() + "' already comes from plugin " + other.id() + " ("
                            + name(other) + "): remove one of the two");
                }
            }
        }
        return Optional.empty();
    }

    private static Stream<String> names(InstalledFilter filter) {
        return Stream.concat(Stream.of(filter.name()), filter.descriptor().aliases().stream());
    }

    private static String name(PluginGeneration generation) {
        return generation.jar() == null
                ? generation.id()
                : String.valueOf(generation.jar().getFileName());
    }
}
