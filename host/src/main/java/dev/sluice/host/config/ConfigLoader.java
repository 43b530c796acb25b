package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.host.config.Config.Plugins;
import dev.sluice.host.plugin.PluginCatalog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads a sluice.yaml, with what it includes, into a {@link Config}. Bad input never throws: it becomes problems, all of
 * them at once. Opens no filter. Stateless; from any thread but an event loop's, since it reads files and runs plugins'
 * code.
 */
public final class ConfigLoader {
    private final Path standardPlugins;
    private final UnaryOperator<@Nullable String> environment;

    /** What came of reading a file. */
    public sealed interface Result {
        /**
         * The files that were looked at, as absolute paths: the file itself, what it includes, and what its
         * {@code ${file:…}} name, whether they are there or not; no certificates. Of a broken file, as far as it could
         * be read.
         */
        Set<Path> files();
    }

    /** The file is right. */
    public record Loaded(Config config, Set<Path> files) implements Result {}

    /** The file is wrong; the problems are never none, and stand in the order of the files. */
    public record Broken(List<Problem> problems, Set<Path> files) implements Result {}

    /**
     * A loader that resolves {@code ${env:…}} against this process's environment.
     *
     * @param standardPlugins the directory of plugins where a file names none
     */
    public ConfigLoader(Path standardPlugins) {
        this(standardPlugins, System::getenv);
    }

    /**
     * A loader with an environment of its own.
     *
     * @param environment a variable's value, or null if it is not set
     */
    public ConfigLoader(Path standardPlugins, UnaryOperator<@Nullable String> environment) {
        this.standardPlugins = standardPlugins;
        this.environment = environment;
    }

    /** Reads the file against these plugins, whatever it says of where plugins are. */
    public Result load(Path file, PluginCatalog catalog) {
        return load(file, plugins -> catalog);
    }

    /**
     * Reads the file against the plugins that it asks for.
     *
     * @param catalog loads the plugins; called once, unless the file cannot be read at all
     */
    public Result load(Path file, Function<Plugins, PluginCatalog> catalog) {
        List<Problem> problems = new ArrayList<>();
        Set<Path> files = new HashSet<>();
        Document document = new Documents(new Placeholders(environment, files), problems, files).read(file);
        if (document == null) {
            return new Broken(List.copyOf(problems), Set.copyOf(files));
        }
        Config config = new Reading(file, document, problems).config(catalog);
        if (config != null && problems.isEmpty()) {
            return new Loaded(config, Set.copyOf(files));
        }
        return new Broken(Problems.inFileOrder(file.toString(), problems), Set.copyOf(files));
    }

    /** The reading of one document. */
    private final class Reading {
        private final Path file;
        private final ObjectNode tree;
        private final ObjectNode written;
        private final Places places;
        private final List<Problem> problems;
        private final HostBinder binder;

        Reading(Path file, Document document, List<Problem> problems) {
            this.file = file;
            this.tree = document.tree();
            this.written = document.written();
            this.places = document.places();
            this.problems = problems;
            this.binder = new HostBinder(places, problems);
        }

        @Nullable
        Config config(Function<Plugins, PluginCatalog> catalogs) {
            List<Problem> host = checkHost();
            problems.addAll(host);
            Plugins plugins = binder.plugins(tree.path("plugins"), standardPlugins);
            PluginCatalog catalog = catalogs.apply(plugins);

            Providers providers = new Providers(catalog, places, problems);
            providers.read(tree.path("providers"));
            FilterConfigs configs = new FilterConfigs(providers, places, problems);
            FilterEntries entries = new FilterEntries(catalog, configs, places, problems);
            List<FilterDraft> global = entries.read(tree.path("filters"), written.path("filters"), "filters", null);
            boolean globalKnown = entries.isComplete();
            List<RouteDraft> routes = new ArrayList<>();
            JsonNode list = tree.path("routes");
            for (int i = 0; list.isArray() && i < list.size(); i++) {
                routes.add(route(i, catalog, configs, host));
            }
            boolean allKnown = globalKnown && routes.stream().allMatch(RouteDraft::known);
            providers.check(allKnown);
            new Lint(places, problems).check(global, globalKnown, routes);
            return host.isEmpty() ? bound(plugins, providers, global, routes) : null;
        }

        /** Checks what the host's own schema describes; fills in its defaults if it finds nothing wrong. */
        private List<Problem> checkHost() {
            // 'filters:' with nothing below it is none, as a comment may have left it.
            tree.properties().removeIf(field -> field.getValue().isNull());
            List<Problem> found = new ArrayList<>();
            SchemaView view = SchemaView.of(HostSchema.tree());
            new Formats(places, found).check(view, tree, "");
            new SchemaCheck(places, found).check(HostSchema.checked(), tree, "");
            Defaults.fill(view, tree);
            return found;
        }

        private RouteDraft route(int index, PluginCatalog catalog, FilterConfigs configs, List<Problem> host) {
            String path = "routes[" + index + "]";
            JsonNode route = tree.path("routes").get(index);
            FilterEntries entries = new FilterEntries(catalog, configs, places, problems);
            String name = route.path("name").asText();
            List<FilterDraft> filters = entries.read(
                    route.path("filters"), written.path("routes").path(index).path("filters"), path + ".filters", name);
            boolean right = host.stream().noneMatch(problem -> problem.path().startsWith(path));
            return new RouteDraft(
                    path, filters, entries.isComplete(), right ? binder.route(route, name, uses(filters), path) : null);
        }

        private Config bound(Plugins plugins, Providers providers, List<FilterDraft> global, List<RouteDraft> routes) {
            Config.Listen listen = binder.listen(tree.path("listen"));
            Config config = new Config(
                    file,
                    listen,
                    binder.admin(tree.path("admin"), listen),
                    plugins,
                    binder.state(tree.path("state")),
                    binder.drain(tree.path("drain")),
                    binder.accessLog(tree.path("accessLog")),
                    binder.consumers(tree.path("consumers")),
                    providers.providers(),
                    uses(global),
                    routes.stream().map(RouteDraft::config).toList(),
                    shown(providers, global, routes),
                    places.marks());
            return config;
        }

        private ObjectNode shown(Providers providers, List<FilterDraft> global, List<RouteDraft> routes) {
            Secrets.mask(SchemaView.of(HostSchema.tree()), written);
            written.path("providers").forEach(provider -> providers.mask((ObjectNode) provider));
            global.forEach(Reading::mask);
            routes.forEach(route -> route.filters().forEach(Reading::mask));
            return written;
        }

        private static void mask(FilterDraft filter) {
            Secrets.mask(SchemaView.of(FilterSchemas.of(filter.filter().descriptor())), filter.written());
        }

        private static List<FilterUse> uses(List<FilterDraft> drafts) {
            List<FilterUse> uses = new ArrayList<>();
            for (FilterDraft draft : drafts) {
                if (draft.use() != null) {
                    uses.add(draft.use());
                }
            }
            return List.copyOf(uses);
        }
    }
}
